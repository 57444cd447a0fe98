import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { emptyWorld, script, system } from "./build.fixture.ts";
import { fetchRelease, nixosMirrors } from "./releases.ts";

const release = "nixos-26.05";

/** A mirror as a folder; `build` tells one publication from the next. */
async function publish(folder: string, build: string): Promise<string> {
  const root = join(folder, "mirror");
  await mkdir(join(root, release), { recursive: true });
  await writeFile(join(root, release, "bzImage-x86_64-linux"), `kernel ${build}`);
  await writeFile(join(root, release, "initrd-x86_64-linux"), `initrd ${build}`);
  const init = `${system.replace("abc", build)}/init`;
  await writeFile(join(root, release, "netboot-x86_64-linux.ipxe"), script("bzImage", "initrd", init));
  return root;
}

test("a release stays the one that was imported until newer is asked for, and then is another as a whole", async () => {
  await using cleanup = new AsyncDisposableStack();
  const { folder, world } = await emptyWorld(cleanup);
  const mirror = await publish(folder, "one");
  const fetch = async (refresh: boolean) => {
    const files = await fetchRelease(release, "x86_64-linux", { ...world, refresh }, [mirror]);
    return await Promise.all(
      files.map(async ({ path }) => (await readFile(path, "utf8")).match(/one|two/)?.[0]),
    );
  };
  expect(await fetch(false)).toEqual(["one", "one", "one"]);
  await publish(folder, "two");
  expect(await fetch(false)).toEqual(["one", "one", "one"]);
  expect(await fetch(true)).toEqual(["two", "two", "two"]);
  await rm(mirror, { recursive: true }); // what the store has needs no mirror
  expect(await fetch(false)).toEqual(["two", "two", "two"]);
});

test("a release that is published anew meanwhile is refused: its files would be of two builds", async () => {
  await using cleanup = new AsyncDisposableStack();
  const { folder, world } = await emptyWorld(cleanup);
  const mirror = await publish(folder, "one");
  // A mirror without the kernel is asked first: that is said between the first file and the last.
  const slow = join(folder, "slow");
  await mkdir(join(slow, release), { recursive: true });
  const name = `${release}/netboot-x86_64-linux.ipxe`;
  await writeFile(join(slow, name), await readFile(join(mirror, name)));
  const publishing: Promise<string>[] = [];
  const moved = script("bzImage", "initrd", `${system.replace("abc", "two")}/init`);
  const changing = {
    ...world,
    onProgress: () => {
      if (publishing.length === 0) publishing.push(writeFile(join(slow, name), moved).then(() => "two"));
    },
  };
  await expect(fetchRelease(release, "x86_64-linux", changing, [slow, mirror])).rejects.toMatchObject({
    code: "NIXOS_RELEASE_MOVED",
  });
  expect(publishing).toHaveLength(1);
});

test("a release comes from its publisher unless mirrors are named", () => {
  expect(nixosMirrors({})).toEqual([
    expect.stringMatching(/^https:\/\/github\.com\/nix-community\/nixos-images\//),
  ]);
  expect(nixosMirrors({ DRYBOOT_NIXOS_MIRROR: "/srv/nixos, http://10.0.0.1/nixos/" })).toEqual([
    "/srv/nixos",
    "http://10.0.0.1/nixos",
  ]);
});
