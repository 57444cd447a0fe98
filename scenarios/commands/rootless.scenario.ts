import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { storeFolder } from "../../src/core/folders.ts";
import { dryboot } from "../../src/test/dryboot-process.ts";
import { ordinaryUser } from "../../src/test/ordinary-user.ts";

const isRoot = process.getuid?.() === 0;

/** What a bare Debian has of the tools we use; nothing of QEMU. */
const tools =
  "sh sed readlink setpriv unshare ip mount umount tar xz flock dpkg-deb dpkg-query apt-get apt-config uname";

/** Goes before a command: a PATH with nothing but those. */
const onlyTools = (home: string): string[] => {
  const prepare = [
    `mkdir '${home}/tools'`,
    `for tool in ${tools}; do ln -s "$(command -v "$tool")" '${home}/tools/'; done`,
    `PATH='${home}/tools' exec "$@"`,
  ].join(" && ");
  return ["sh", "-c", prepare, "sh"];
};

describe.runIf(isRoot)("an ordinary user, without root and without sudo", () => {
  test("boots a machine", async () => {
    await using user = await ordinaryUser({ store: storeFolder() });
    const reports = join(user.home, "reports");
    const { code, stdout, stderr } = await dryboot(["boot", "--reports", reports], user);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/node1 is ready, [\d.]+ s after power-on/);
    expect(code).toBe(0);
    expect(existsSync(reports)).toBe(true);
  });

  test("is told how to open the tun device when it is closed", async () => {
    await using user = await ordinaryUser({ store: storeFolder(), tunMode: "600" });
    const { code, stderr } = await dryboot(["boot", "--reports", join(user.home, "reports")], user);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: .*\/dev\/net\/tun/m);
    expect(stderr).toMatch(/next: .*chmod 0666 \/dev\/net\/tun/);
  });

  test("is told the exact command when a host package is missing", async () => {
    await using user = await ordinaryUser({ store: storeFolder() });
    const { code, stderr } = await dryboot(["boot"], {
      ...user,
      wrap: [...user.wrap, ...onlyTools(user.home)],
    });
    expect(stderr).toMatch(/next: .*apt-get install .*qemu-system-x86/);
    expect(code).toBe(2);
  });
});

test.skipIf(isRoot)("whoever runs these tests without root boots a machine", async () => {
  const { code, stdout } = await dryboot(["boot"]);
  expect(stdout).toMatch(/node1 is ready, [\d.]+ s after power-on/);
  expect(code).toBe(0);
});
