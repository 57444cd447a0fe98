import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { probeTun, tunTrouble } from "./tun.ts";

describe("the tun device", () => {
  test("that is absent, or only a file, is noticed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "dryboot-test-"));
    try {
      const path = join(folder, "tun");
      expect(await probeTun(path)).toEqual({ path, state: "absent" });
      await writeFile(path, "");
      await chmod(path, 0o640);
      expect(await probeTun(path)).toEqual({ path, state: "not-a-device", mode: "0640" });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("is opened, not only looked at", async () => {
    expect(await probeTun("/dev/null")).toMatchObject({ state: "open", mode: "0666" });
  });

  test.each([
    ["open", "0666", undefined],
    ["absent", undefined, /^modprobe tun;.* mknod -m 0666 \/dev\/net\/tun c 10 200/],
    ["denied", "0600", /^chmod 0666 \/dev\/net\/tun$/],
    ["denied", "0666", /--device \/dev\/net\/tun/],
    ["no-driver", "0666", /^modprobe tun$/],
    ["not-a-device", "0644", /^rm .* && mknod/],
  ] as const)("%s with mode %s is mended by %s", (state, mode, mend) => {
    const trouble = tunTrouble({ path: "/dev/net/tun", state, ...(mode && { mode }) });
    if (mend === undefined) expect(trouble).toBeUndefined();
    else expect(trouble?.mend).toMatch(mend);
  });
});
