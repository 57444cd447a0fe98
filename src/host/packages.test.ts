import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { HostFiles } from "./packages.ts";
import { hostFiles, isThere, laneNeeds, managers, missingNeeds, needs } from "./packages.ts";

const everything: HostFiles = { exists: () => true, isProgram: () => true };
const nothing: HostFiles = { exists: () => false, isProgram: () => false };

describe("what dryboot needs", () => {
  test.each([...needs, ...laneNeeds].map((need) => [need.name, need] as const))(
    "%s has a package or a reason for every manager",
    (_, need) => {
      for (const manager of managers) {
        const names = need.packages[manager];
        if ("none" in names) {
          expect(names.none, manager).not.toBe("");
          continue;
        }
        expect(names.length, manager).toBeGreaterThan(0);
        // These words reach a shell when a person pastes them.
        for (const name of names) expect(name).toMatch(/^[a-z0-9][A-Za-z0-9_.+-]*$/);
      }
    },
  );

  test("can all come from apt, the one manager that is run here", () => {
    expect(needs.filter((need) => "none" in need.packages.apt)).toEqual([]);
  });

  test("is missing on a bare machine and there on a full one", () => {
    expect(missingNeeds(everything)).toEqual([]);
    expect(missingNeeds(everything, laneNeeds)).toEqual([]);
    expect(missingNeeds(nothing)).toEqual(needs);
  });

  test("is there only with all of its programs, and with any of its files", () => {
    const qemuOnly: HostFiles = {
      exists: (file) => file.startsWith("/usr/share/edk2/x64"),
      isProgram: (name) => name === "unshare",
    };
    const names = missingNeeds(qemuOnly).map((need) => need.name);
    expect(names).toContain("namespace tools (util-linux)");
    expect(names).not.toContain("UEFI firmware (OVMF)");
  });
});

describe("the files of this machine", () => {
  test("hold programs of the path, and of sbin, which an ordinary user's path leaves out", () => {
    const folder = mkdtempSync(join(tmpdir(), "dryboot-packages-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "a-tool"), "#!/bin/sh\n", { mode: 0o755 });
    writeFileSync(join(folder, "a-text"), "");
    chmodSync(join(folder, "a-text"), 0o644);
    const files = hostFiles(`:${folder}:/nowhere`);
    expect([files.isProgram("a-tool"), files.isProgram("a-text"), files.isProgram("absent")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(hostFiles("").isProgram("ldconfig") || hostFiles("").isProgram("sysctl")).toBe(true);
  });

  test("are asked for a need in no time to speak of", () => {
    const files = hostFiles();
    const started = performance.now();
    for (const need of needs) isThere(need, files);
    expect(performance.now() - started).toBeLessThan(100);
  });
});
