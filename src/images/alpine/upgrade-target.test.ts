import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { AlpineChoice } from "./family.ts";
import { putRelease, testSigner } from "./netboot/mirror.fixture.ts";
import { upgradeTarget } from "./upgrade-target.ts";

const { privateKey } = await testSigner();
const netboot: AlpineChoice = {
  ...{ recipe: "alpine", from: "netboot", branch: "v3.19", flavor: "virt", arch: "x86_64" },
};
const standin: AlpineChoice = { ...netboot, from: "minirootfs", branch: "v3.18" };

describe("an upgrade", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dryboot-upgrade-"));
    const mirror = join(folder, "mirror");
    vi.stubEnv("DRYBOOT_ALPINE_MIRROR", mirror);
    const tarball = Buffer.from("a tarball");
    for (const version of ["3.19.4", "3.20.3"]) await putRelease(mirror, { version, tarball, privateKey });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });
  const target = async (choice: AlpineChoice, to?: string) =>
    await upgradeTarget(choice, to, { store: join(folder, "store"), refresh: false });

  test.each<[string, AlpineChoice, string | undefined, string]>([
    ["of netboot files goes to the newest of their branch", netboot, undefined, "3.19.4"],
    ["to another branch goes to its newest", netboot, "3.20", "3.20.3"],
    ["may name the branch as mirrors do", netboot, "v3.20", "3.20.3"],
    ["may name the release", netboot, "3.20.0", "3.20.0"],
    ["may go back", { ...netboot, version: "3.19.4" }, "3.19.1", "3.19.1"],
    ["of a stand-in goes to the newest there is", standin, undefined, "3.20.3"],
    ["of a stand-in may name a branch", standin, "3.19", "3.19.4"],
  ])("%s", async (_, choice, to, version) => {
    expect(await target(choice, to)).toEqual({ branch: `v${version.slice(0, 4)}`, version });
  });

  test.each([
    [standin, "3.21"],
    [standin, "3.19.1"],
    [netboot, "latest"],
    [netboot, "../3.19"],
  ])("of %j to %s is refused", async (choice, to) => {
    await expect(target(choice, to)).rejects.toMatchObject({ code: "UPGRADE_TARGET" });
  });
});
