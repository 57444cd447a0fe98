import { describe, expect, test } from "vitest";
import { keysFor } from "./keyboard.ts";

describe("typing on a machine's keyboard", () => {
  test.each([
    ["a", [["a"]]],
    ["A1!", [["shift", "a"], ["1"], ["shift", "1"]]],
    ["x: y\n", [["x"], ["shift", "semicolon"], ["spc"], ["y"], ["ret"]]],
    [")", [["shift", "0"]]],
    ["\x02", [["ctrl", "b"]]],
  ])("%j is %j", (text, keys) => expect(keysFor(text)).toEqual(keys));

  test("a character without a key is refused by name", () =>
    expect(() => keysFor("é")).toThrow(/no key types "é"/));
});
