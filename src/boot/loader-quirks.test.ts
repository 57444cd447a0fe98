import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { projectFolder } from "../core/folders.ts";
import type { QuirkName } from "./loader-quirks.ts";
import { hasQuirk, loaderQuirks, quirksTable } from "./loader-quirks.ts";

/** In the words of Debian's packages. */
const [old, middle, recent] = [
  "1.0.0+git-20190125.36a4c85-5.1",
  "1.21.1+git20250501.dad20602+dfsg-1",
  "2.0.0+dfsg-5",
];

describe("what a loader does otherwise", () => {
  test.each<[QuirkName, string, string | undefined, boolean]>([
    ["undiFromRomOnly", "undionly.kpxe", undefined, true],
    ["undiFromRomOnly", "ipxe-2.0.0/undionly.kpxe", undefined, true],
    ["undiFromRomOnly", "ipxe.pxe", undefined, false],
    ["undiFromRomOnly", "pxelinux.0", undefined, false], // iPXE's own PXE API serves it
    ["undiFromRomOnly", "custom.kpxe", undefined, false],
    ["asksNoAutoexec", "snponly.efi", old, true],
    ["asksNoAutoexec", "ipxe-1.0.0/snponly.efi", undefined, true],
    ["asksNoAutoexec", "undionly.kpxe", recent, true],
    ["asksNoAutoexec", "snponly.efi", middle, false],
    ["asksAutoexecOnce", "snponly.efi", middle, true],
    ["asksAutoexecOnce", "snponly.efi", recent, false],
    ["asksAutoexecOnce", "snponly.efi", old, false],
    ["asksAutoexecTwice", "ipxe-2.0.0/ipxe-arm64.efi", undefined, true],
    ["asksAutoexecTwice", "snponly.efi", undefined, true], // of a version nobody knows: as the newest
    ["asksAutoexecTwice", "undionly.kpxe", recent, false],
    ["noHttps", "ipxe.efi", old, true],
    ["noHttps", "ipxe.efi", recent, false],
    ["noScript", "grubnetx64.efi", undefined, true],
    ["noScript", "snponly.efi", undefined, false],
    ["tftpOnly", "pxelinux.0", undefined, true],
    ["tftpOnly", "lpxelinux.0", undefined, false],
  ])("%s: %s %s is %s", (quirk, file, version, expected) => {
    expect(hasQuirk(quirk, file, version)).toBe(expected);
  });

  test("stands in docs/loaders.md, word for word", async () => {
    const page = await readFile(join(projectFolder, "docs", "loaders.md"), "utf8");
    const table = page.split("\n").filter((line) => line.startsWith("|"));
    for (const row of quirksTable().split("\n").slice(2)) {
      expect(table.map(cells)).toContainEqual(cells(row));
    }
    expect(Object.keys(loaderQuirks).length).toBeGreaterThan(10);
  });
});

/** Of a row: what lines columns up in a page means nothing. */
const cells = (row: string): string[] => row.split("|").map((cell) => cell.trim());
