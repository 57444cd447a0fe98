import { describe, expect, test } from "vitest";
import { formatMac, macBytes, parseMac } from "./mac.ts";

describe("hardware addresses", () => {
  test.each([
    "52:54:00:69:00:0a",
    "52:54:00:69:00:0A",
    "52-54-00-69-00-0a",
    "5254.0069.000a",
    "52540069000A",
  ])("%s is read whoever wrote it", (text) => expect(parseMac(text)).toBe("52:54:00:69:00:0a"));

  test.each(["", "52:54:00:69:00", "52:54-00:69:00:0a", "52:54:00:69:00:0g", "52:54:00:69:00:0a:00"])(
    "%j is none",
    (text) => expect(parseMac(text)).toBeUndefined(),
  );

  test("bytes of any number become text and bytes again", () => {
    for (const length of [0, 6, 16]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 15);
      expect(macBytes(formatMac(bytes))).toEqual(bytes);
    }
  });
});
