import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import type { Codec } from "./codec.ts";
import {
  flag,
  i8,
  i32,
  ipv4,
  listOf,
  nothing,
  oneOf,
  raw,
  terminatedText,
  text,
  u8,
  u16,
  u32,
} from "./codec.ts";

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const color = oneOf({ 1: "red", 7: "blue" } as const);

describe("codecs", () => {
  test.each<[string, Codec<unknown>, string, unknown]>([
    ["u8", u8, "ff", 255],
    ["u16", u16, "01 02", 258],
    ["u32", u32, "ff ff ff fe", 0xffff_fffe],
    ["i8", i8, "80", -128],
    ["i32", i32, "ff ff fe d4", -300],
    ["ipv4", ipv4, "0a 45 00 01", "10.69.0.1"],
    ["flag", flag, "01", true],
    ["nothing", nothing, "", true],
    ["text", text, "c3 a9 21", "é!"],
    ["terminatedText", terminatedText, "61 62 00", "ab"],
    ["raw", raw, "00 ff", bytes("00 ff")],
    ["listOf", listOf(u16, 2), "00 07 00 10", [7, 16]],
    ["oneOf", color, "07", "blue"],
  ])("%s reads what it writes", (_, codec, hex, value) => {
    expect(codec.decode(bytes(hex), "x")).toEqual(value);
    expect(codec.encode(value)).toEqual(bytes(hex));
  });

  test.each<[string, Codec<unknown>, string, string]>([
    ["a number of the wrong size", u32, "00 00 01", "x: needs 4 bytes, not 3 (at byte 0)"],
    ["half a list entry", listOf(u16, 2), "00 07 00", "x: needs a multiple of 2 bytes, not 3 (at byte 0)"],
    ["an empty list", listOf(ipv4, 4), "", "x: needs a multiple of 4 bytes, not 0 (at byte 0)"],
    ["an unknown name", color, "02", "x: has no value 2 (at byte 0)"],
    ["text that is none", text, "c3 28", "x: is not UTF-8 text (at byte 0)"],
    ["an escape sequence", text, "61 1b 5b 32 4a", "x: has a control character in its text (at byte 1)"],
    ["a value where none belongs", nothing, "00", "x: needs 0 bytes, not 1 (at byte 0)"],
  ])("%s is refused", (_, codec, hex, message) => {
    expect(() => codec.decode(bytes(hex), "x")).toThrow(DecodeError);
    expect(() => codec.decode(bytes(hex), "x")).toThrow(message);
  });

  test.each([
    ["61 62 00", "a NUL"],
    ["61 62 00 00 00", "several"],
    ["61 62 ff", "0xff"],
    ["61 62 00 1b 63", "a NUL with garbage behind"],
  ])("text may end with %s (%s)", (hex) => expect(text.decode(bytes(hex), "x")).toBe("ab"));

  test("any text without control characters survives both ways", () => {
    const printable = fc.string({ unit: "grapheme" }).filter((value) => !/\p{Cc}/u.test(value));
    fc.assert(
      fc.property(printable, (value) => {
        expect(terminatedText.decode(terminatedText.encode(value), "x")).toBe(value);
      }),
    );
  });
});
