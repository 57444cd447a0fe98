import { expect, test } from "vitest";
import { isOlderIpxe, parseIpxeVersion } from "./ipxe-version.ts";

test.each([
  ["1.0.0", "2.0.0", true],
  ["1.21.1", "1.3.0", false],
  ["2.0.0", "2.0.0", false],
  ["2.0.0.254", "2.0.0", false],
  [undefined, "1.0.0", true],
  ["nonsense", "1.0.0", true],
])("an iPXE that says %s is older than %s: %s", (version, than, older) => {
  expect(isOlderIpxe(version, than)).toBe(older);
});

test("a version has three numbers at least", () => {
  expect([parseIpxeVersion("2.0"), parseIpxeVersion("2.0.x"), parseIpxeVersion("2000.0.0")]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
