import { describe, expect, test } from "vitest";
import { jsonLine, printable } from "./printable.ts";

describe("text from strangers, made printable", () => {
  test.each([
    ["plain stays", "boot.ipxe", "boot.ipxe"],
    ["escape sequences lose their teeth", "\x1b[31mred\x07", "?[31mred?"],
    ["lines become one", "a\r\nb", "a??b"],
    ["letters beyond ASCII stay", "größe", "größe"],
    ["a name is read in the order it is stored", "gpj.\u202eexe.\u2066x\u2069", "gpj.?exe.?x?"],
    ["nothing hides between letters", "no\u200bde\u00ad1\ufeff", "no?de?1?"],
    ["separators of lines and paragraphs are none", "a\u2028b\u2029c", "a?b?c"],
    ["what is no character, or half of one, is not passed on", "a\uffff\ud800b", "a??b"],
    ["other scripts stay", "東京 Ωμέγα שלום 🙂", "東京 Ωμέγα שלום 🙂"],
  ])("%s", (_, text, printed) => expect(printable(text)).toBe(printed));

  test("long text is cut and says so", () => expect(printable("x".repeat(300), 10)).toBe("xxxxxxxxx…"));
});

describe("JSON of what strangers said", () => {
  const hostile = [
    ..."\x00\n\r\x1b\x7f\x85\x9b\u00ad\u061c\u200b\u202e\u2028\u2066\ufeff\uffff\u{e0041}\ud800",
  ];

  test("is one line without anything that commands, turns or hides, and reads back the same", () => {
    const value = { text: hostile.join("x"), [`key${hostile.join("")}`]: [1, "größe 東京 🙂"] };
    const line = jsonLine(value);
    expect(printable(line, Infinity)).toBe(line);
    expect(JSON.parse(line)).toEqual(value);
    expect(line).toContain("größe 東京 🙂");
  });

  test("is what JSON says where that is harmless", () => {
    const value = { a: 'say "x"\\', b: [null, 1.5, true] };
    expect(jsonLine(value)).toBe(JSON.stringify(value));
  });
});
