import { describe, expect, test } from "vitest";
import { ConsoleText } from "./console-text.ts";

const read = (...chunks: string[]) => {
  const text = new ConsoleText();
  for (const chunk of chunks) text.append(chunk);
  return text.text;
};

describe("the console's text", () => {
  test.each([
    ["colours are dropped", "\x1b[0;1miPXE 1.0.0\x1b[0m -- ok", "iPXE 1.0.0 -- ok"],
    ["a jump to another place begins a line", "\x1b[2J\x1b[01;01H>>Start PXE", "\n>>Start PXE"],
    ["a jump over blanks is blanks", "a\x1b[3Cb", "a   b"],
    ["SeaBIOS ends lines in its own way", "one\r\ntwo\r\rthree", "one\ntwo\nthree"],
    ["an erased prompt does not stick to what follows", "Ctrl-B...\b \b\b \bnet0", "Ctrl-B...\nnet0"],
    ["a window title is dropped", "\x1b]0;root@node\x07# ", "# "],
    ["a bell and a NUL are dropped", "a\x07\x00b", "ab"],
  ])("%s", (_, bytes, text) => expect(read(bytes)).toBe(text));

  test("a sequence cut anywhere reads the same", () => {
    const bytes = "\x1b[0;1mPress\x1b[12;01H\r\nlogin: \x1b[?25h";
    for (let at = 1; at < bytes.length; at += 1)
      expect(read(bytes.slice(0, at), bytes.slice(at))).toBe(read(bytes));
  });

  test("an escape that never ends does not hold everything back", () => {
    expect(read(`\x1b[${"1;".repeat(100)}`, "login:")).toContain("login:");
  });
});
