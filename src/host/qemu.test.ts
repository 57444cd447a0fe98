import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findQemu, isOlder, missingFeatures, parseVersion } from "./qemu.ts";
import type { QemuAnswers } from "./qemu-features.ts";
import { readFeatures } from "./qemu-features.ts";

const signal = new AbortController().signal;

describe("the version of a QEMU", () => {
  test.each([
    ["QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)\nCopyright (c) 2003", [7, 2, 22]],
    ["QEMU emulator version 10.0.50 (v10.0.0-1-gabc)", [10, 0, 50]],
    ["QEMU emulator version 9.1", [9, 1, 0]],
  ])("%j is read", (text, version) => expect(parseVersion(text, "qemu").version).toEqual(version));

  test("keeps the distribution's suffix", () => {
    const { versionText } = parseVersion("QEMU emulator version 7.2.22 (Debian 1:7.2)\nCopyright", "qemu");
    expect(versionText).toBe("7.2.22 (Debian 1:7.2)");
  });

  test.each([
    [[6, 1, 9], true],
    [[6, 2, 0], false],
    [[5, 9, 9], true],
    [[10, 0, 0], false],
  ] as const)("%j older than 6.2: %j", (version, older) => expect(isOlder(version, [6, 2, 0])).toBe(older));
});

describe("looking for QEMU", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dryboot-test-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** A folder that holds a `qemu-system-x86_64` which answers every question with `says`. */
  async function fakeQemu(says: string): Promise<NodeJS.ProcessEnv> {
    const path = join(folder, "qemu-system-x86_64");
    await writeFile(path, `#!/bin/sh\n${says}\n`);
    await chmod(path, 0o755);
    return { PATH: folder };
  }

  test("where there is none says how to get it", async () => {
    await expect(findQemu({ signal, env: { PATH: "/nowhere" } })).rejects.toMatchObject({
      code: "QEMU_MISSING",
      exitCode: 2,
      hint: expect.stringContaining("./dryboot setup"),
    });
  });

  test("refuses one that is too old", async () => {
    const env = await fakeQemu("echo QEMU emulator version 5.2.0");
    await expect(findQemu({ signal, env })).rejects.toMatchObject({ code: "QEMU_TOO_OLD", exitCode: 2 });
  });

  test("refuses something that only has its name", async () => {
    await expect(findQemu({ signal, env: await fakeQemu("echo hello") })).rejects.toMatchObject({
      code: "QEMU_MISSING",
      message: expect.stringContaining("did not name a version"),
    });
  });

  test("tells in QEMU's own words why it does not start", async () => {
    const env = await fakeQemu(
      'case "$1" in -version) echo QEMU emulator version 8.0.0;; -netdev) echo tap;; *) echo no firmware >&2; exit 1;; esac',
    );
    await expect(findQemu({ signal, env })).rejects.toMatchObject({
      code: "QEMU_BROKEN",
      cause: expect.objectContaining({ message: "no firmware" }),
    });
  });
});

describe("the features of a QEMU", () => {
  const answers: QemuAnswers = {
    machines: [
      { name: "pc-i440fx-7.2", alias: "pc" },
      { name: "pc-q35-7.2", alias: "q35" },
    ],
    types: ["virtio-net-pci", "isa-debug-exit", "tcg-accel"].map((name) => ({ name })),
    schema: [
      { name: "set-action", "meta-type": "command", "arg-type": "1", "ret-type": "2" },
      { name: "screendump", "meta-type": "command", "arg-type": "3" },
      { name: "4", "meta-type": "enum", values: ["pause", "exit-failure"] },
      { name: "5", "meta-type": "object", members: [{ name: "filename", type: "str" }] },
    ],
    commandLine: [{ option: "run-with", parameters: [{ name: "async-teardown", type: "boolean" }] }],
    netdevs: "Available netdev backend types:\nsocket\nstream\ntap\n",
    pngWritten: false,
  };

  test("are read from its answers", () => {
    expect(readFeatures(answers)).toMatchObject({
      pc: true,
      q35: true,
      kvm: false,
      tcg: true,
      streamNetdev: true,
      dgramNetdev: false,
      shutdownAction: true,
      panicExitFailure: true,
      pngScreendump: false,
      exitWithParent: false,
    });
    expect(missingFeatures(readFeatures(answers))).toEqual([]);
  });

  test("that no boot can do without are missed by QEMU's names", () => {
    const poor = { ...answers, netdevs: "user", types: [{ name: "tcg-accel" }] };
    expect(missingFeatures(readFeatures(poor))).toEqual([
      "device virtio-net-pci",
      "device isa-debug-exit",
      "netdev tap",
    ]);
  });
});
