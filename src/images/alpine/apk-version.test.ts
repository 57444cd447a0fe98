import { describe, expect, test } from "vitest";
import { compareApkVersions, hasApkPrefix, isApkVersion } from "./apk-version.ts";

describe("the older version comes first", () => {
  test.each([
    ["1.9", "1.10"],
    ["1.0-r9", "1.0-r10"],
    ["1.0", "1.0-r0"],
    ["1.0", "1.0.0"],
    ["1.05", "1.5"],
    ["1.005", "1.05"],
    ["9.6", "9.6_p1"],
    ["9.6_p1", "9.6_p2"],
    ["9.6_p1-r0", "9.7-r0"],
    ["3.0_rc1", "3.0"],
    ["3.0_alpha2", "3.0_beta1"],
    ["3.0_pre", "3.0_rc"],
    ["3.0_rc1", "3.0-r0"],
    ["1.0_alpha_pre2", "1.0_alpha"],
    ["1.2.4", "1.2.4_git20230717-r4"],
    ["1.1.1u", "1.1.1v"],
    ["1.1.1", "1.1.1a"],
    ["20230506-r0", "20240101-r0"],
    ["1.0~0abc-r0", "1.0~1abc-r0"],
  ])("%s < %s", (older, newer) => {
    expect(compareApkVersions(older, newer)).toBeLessThan(0);
    expect(compareApkVersions(newer, older)).toBeGreaterThan(0);
    expect(compareApkVersions(newer, newer)).toBe(0);
  });
});

test.each([
  ["3.1.4-r5", "3.1", true],
  ["3.1.4-r5", "3.1.4-r5", true],
  ["3.10", "3.1", false],
  ["3.1", "3.1.4", false],
])("%s begins with %s: %s", (version, prefix, fits) => {
  expect(hasApkPrefix(version, prefix)).toBe(fits);
});

test.each(["1", "1.2.3_p1-r0", "2.39.3-r0", "6.4_p20231125-r0", "1.4_rc3", "1b", "1.0~a1b2c3-r1"])(
  "%s is a version",
  (text) => expect(isApkVersion(text)).toBe(true),
);

test.each(["", "v1", "1.", "1..2", "1-0", "1.0_foo", "1.0 ", "1/2", "1.0-r", `1${".1".repeat(99)}`])(
  "%j is none",
  (text) => expect(isApkVersion(text)).toBe(false),
);
