import { describe, expect, test } from "vitest";
import { formatDuration, formatSize, parseDuration, parseSize } from "./units.ts";

describe("durations and sizes", () => {
  test.each([
    ["250ms", 250],
    ["90s", 90_000],
    ["1.5s", 1500],
    ["12h", 43_200_000],
    ["1d", 86_400_000],
    ["90", undefined],
    ["s", undefined],
    ["-1s", undefined],
  ])("parseDuration(%j) is %j", (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each([
    ["64K", 65_536],
    ["512M", 536_870_912],
    ["2G", 2_147_483_648],
    ["512", undefined],
    ["1.5G", undefined],
  ])("parseSize(%j) is %j", (text, bytes) => expect(parseSize(text)).toBe(bytes));

  test.each([
    [0, "0 ms"],
    [839.6, "840 ms"],
    [999.6, "1.00 s"],
    [3417, "3.42 s"],
    [12_345, "12.3 s"],
    [59_960, "1 min 00 s"],
    [125_000, "2 min 05 s"],
    [3_599_600, "1 h 00 min"],
    [43_199_000, "11 h 59 min"],
    [86_400_000, "1 d 00 h"],
    [9_000_000_000, "104 d 04 h"],
  ])("formatDuration(%j) is %j", (ms, text) => expect(formatDuration(ms)).toBe(text));

  test.each([
    [12, "12 B"],
    [9728, "9.5 KiB"],
    [14_186_432, "13.5 MiB"],
  ])("formatSize(%j) is %j", (bytes, text) => expect(formatSize(bytes)).toBe(text));
});
