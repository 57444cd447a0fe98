import { styleText } from "node:util";
import { describe, expect, test } from "vitest";
import { flow, table } from "./table.ts";

describe("a table", () => {
  test("puts cells under one another, numbers to the right", () => {
    const rows = [
      ["dhcp", "1", "ok"],
      ["firmware", "1203", ""],
    ];
    expect(table(rows, { right: [1], indent: "  " })).toEqual(["  dhcp         1  ok", "  firmware  1203"]);
  });

  test("counts what is seen, not the codes of colours", () => {
    const red = styleText("red", "no", { validateStream: false });
    const [first, second] = table([
      [red, "x"],
      ["long", "y"],
    ]);
    expect([first, second]).toEqual([`${red}    x`, "long  y"]);
  });

  test("lets the last column flow on under itself", () => {
    expect(table([["--flag", "words that go on and on for more than a line"]], { width: 34 })).toEqual([
      "--flag  words that go on and on",
      "        for more than a line",
    ]);
  });

  test("of nothing is nothing", () => expect(table([])).toEqual([]));

  test("keeps a word that is longer than its column whole", () => {
    expect(flow("a incomprehensible b", 5)).toEqual(["a", "incomprehensible", "b"]);
  });
});
