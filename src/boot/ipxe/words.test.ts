import { describe, expect, test } from "vitest";
import { printWord, prose, wordProblem, wordsOf } from "./words.ts";

describe("a word of an iPXE script", () => {
  test.each([
    "console=ttyS0,115200n8",
    'dyndbg="file',
    "a;b",
    "a&&b",
    "a||b",
    "---",
    "$HOME",
    "{x}",
    "a#b",
    "back\\slash",
    "'",
  ])("%s is written as it is", (word) => {
    expect(wordProblem(word)).toBeUndefined();
    expect(printWord(word)).toBe(word);
  });

  test.each([
    ["", "is empty"],
    ["a\nexit", "holds white space"],
    ["a\rb", "holds white space"],
    ["a b", "holds white space"],
    ["a\tb", "holds white space"],
    ["a\u000bb", "holds white space"],
    ["a\0b", "a control character"],
    ["\u001b[2J", "a control character"],
    ["grün", "outside ASCII"],
    ["||", "operator"],
    ["&&", "operator"],
    [";", "operator"],
    ["#x", "comment"],
    ["x\\", "join the next line"],
    ["$" + "{net0/mac}", "replaced by a setting"],
    ["a$" + "{", "replaced by a setting"],
  ])("%j cannot be written", (word, problem) => {
    expect(wordProblem(word)).toContain(problem.replace("replaced", "replace"));
    expect(() => printWord(word)).toThrow(TypeError);
  });

  test("may hold settings, which only we write", () => {
    expect(printWord(["BOOTIF=01-", { setting: "netX/mac:hexhyp" }])).toBe(
      "BOOTIF=01-$" + "{netX/mac:hexhyp}",
    );
  });

  test.each([
    [["$", { setting: "a" }]],
    [["$", "{a}"]],
    [["|", "|"]],
    [[{ setting: "a} && exit" }]],
    [[{ setting: "a" }, "\\"]],
    [[]],
  ])("cannot be put together into what it could not be at once: %j", (pieces) => {
    expect(() => printWord(pieces)).toThrow(TypeError);
  });

  test("sentences of others lose what cannot be written", () => {
    expect(prose("why:  ü || $" + "{x} #1\n; exit")).toEqual(["why:", "?", "?", "?{x}", "?", "?", "exit"]);
    expect(wordsOf("  a   b\tc ")).toEqual(["a", "b", "c"]);
  });
});
