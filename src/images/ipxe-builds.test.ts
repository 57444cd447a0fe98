import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { efiProgram, pxeProgram } from "./ipxe-build.fixture.ts";
import { checkBuildName, IpxeBuilds } from "./ipxe-builds.ts";
import { findSiteLoaders } from "./loader-files.ts";

const signal = new AbortController().signal;

/** A store, and a folder of somebody's who has built an iPXE. */
async function folders() {
  const root = await mkdtemp(join(tmpdir(), "dryboot-builds-"));
  onTestFinished(() => rm(root, { recursive: true }));
  const bin = join(root, "bin");
  await mkdir(bin);
  await writeFile(join(bin, "undionly.kpxe"), pxeProgram());
  await writeFile(join(bin, "snponly.efi"), efiProgram(0x8664));
  await writeFile(join(bin, "string.o"), "an object file");
  await writeFile(join(bin, "ipxe.lkrn"), "a kernel");
  const store = join(root, "store");
  return { root, bin, store, builds: new IpxeBuilds(store) };
}

describe("an iPXE of the user's own", () => {
  test("goes into the store with what firmware loads of it, and is a site's to select", async () => {
    const { bin, store, builds } = await folders();
    const added = await builds.add("mine", [bin]);
    expect(added.files.map(({ serve }) => serve)).toEqual(["snponly.efi", "undionly.kpxe"]);
    expect(await builds.list()).toEqual([added]);

    const plain = await findSiteLoaders({ names: ["snponly.efi"], ipxe: "mine" }, { store, signal });
    expect([...plain].map(([name, { version }]) => [name, version])).toEqual([
      ["snponly.efi", "build mine"],
      ["undionly.kpxe", "build mine"],
    ]);
    const named = await findSiteLoaders({ names: ["ipxe-mine/snponly.efi"] }, { store, signal });
    expect(named.get("ipxe-mine/snponly.efi")).toMatchObject({ sha256: added.files[0]?.sha256 });
    expect((await stat(join(store, "loaders", "ipxe-mine"))).mode & 0o777).toBe(0o755);
  });

  test("replaces what had its name, and leaves nothing of it", async () => {
    const { root, bin, builds, store } = await folders();
    await builds.add("mine", [bin]);
    await rm(bin, { recursive: true });
    await mkdir(bin);
    await writeFile(join(bin, "ipxe.efi"), efiProgram(0xaa64));
    await builds.add("mine", [join(root, "bin", "ipxe.efi")]);
    expect((await builds.find("mine"))?.files.map(({ serve }) => serve)).toEqual(["ipxe-arm64.efi"]);
    const names = await readdir(join(store, "loaders"));
    expect(names.filter((name) => name !== ".lock")).toEqual(["ipxe-mine"]);
  });

  test("is not served once a byte of it has changed", async () => {
    const { bin, store, builds } = await folders();
    await builds.add("mine", [bin]);
    await writeFile(join(store, "loaders", "ipxe-mine", "snponly.efi"), efiProgram(0x8664, "x"));
    await expect(findSiteLoaders({ names: [], ipxe: "mine" }, { store, signal })).rejects.toMatchObject({
      code: "LOADER_DIGEST_MISMATCH",
      hint: expect.stringContaining("--name mine"),
    });
  });

  test("is gone when it is removed", async () => {
    const { bin, builds } = await folders();
    await builds.add("mine", [bin]);
    expect([await builds.remove("mine"), await builds.remove("mine")]).toEqual([true, false]);
    expect(await builds.list()).toEqual([]);
  });

  test.each([
    ["a folder without any", (at: string) => join(at, "empty"), /holds no file of iPXE/],
    ["a file that is none", (at: string) => join(at, "bin", "string.o"), /is no file of iPXE/],
    ["nothing", (at: string) => join(at, "nowhere"), /is not there/],
  ])("is refused when it is %s", async (_, path, message) => {
    const { root, builds } = await folders();
    await mkdir(join(root, "empty"));
    await expect(builds.add("mine", [path(root)])).rejects.toThrow(message);
    expect(await builds.list()).toEqual([]);
  });

  test("is refused when two of its files would be served alike", async () => {
    const { root, bin, builds } = await folders();
    const other = join(root, "bin-x86_64-efi");
    await mkdir(other);
    await writeFile(join(other, "snponly.efi"), efiProgram(0x8664, "y"));
    await expect(builds.add("mine", [bin, other])).rejects.toThrow(
      /two of the files would be served as snponly.efi/,
    );
  });
});

test.each(["installed", "2.0.0", "", "../x", "Mine", "x".repeat(40)])("no build can be called %j", (name) => {
  expect(() => checkBuildName(name)).toThrow(/cannot be called/);
});
