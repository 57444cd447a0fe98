import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ImagesLock, inputDifferences, lockPathOf } from "./images-lock.ts";
import type { ImageInput, ImageManifest } from "./manifest.ts";

const linux: ImageInput = { package: "linux", version: "6.1", sha256: "1".repeat(64), sizeBytes: 7 };
const tarball: ImageInput = {
  ...{ url: "https://one.example/v3/root.tar.gz", sha256: "2".repeat(64), sizeBytes: 9 },
  signedBy: "0482D840",
};
const manifest: ImageManifest = {
  ...{ format: 1, name: "tiny", level: 2, commandLine: "quiet", recipe: "4".repeat(64) },
  kernel: { name: "vmlinuz", sha256: "5".repeat(64), sizeBytes: 6 },
  ...{ initrds: [], files: [], inputs: [linux, tarball] },
  ...{ digest: "3".repeat(64), builtAt: "2026-11-21T12:00:00.000Z", buildSeconds: 4.2 },
};
const accept = "./dryboot image lock here";

let path: string;
beforeEach(async () => {
  path = join(await mkdtemp(join(tmpdir(), "dryboot-lock-")), "images.lock");
});
afterEach(() => rm(join(path, ".."), { recursive: true }));

async function locked(image: ImageManifest = manifest): Promise<ImagesLock> {
  await (await ImagesLock.load(path, accept)).write(new Map([["node", image]]), "all");
  return await ImagesLock.load(path, accept);
}

describe("a lock of images", () => {
  test("lets the same image through, wherever its inputs came from and whenever it was built", async () => {
    const node = (await locked()).image("node");
    const elsewhere = { ...tarball, url: "http://two.example/mirror/v3/root.tar.gz" };
    node?.check({ ...manifest, inputs: [linux, elsewhere] });
    node?.checkInputs([linux, elsewhere]);
    expect(node).toBeDefined();
  });

  test.each<[string, ImageInput[], string]>([
    [
      "a newer package",
      [{ ...linux, version: "6.2", sha256: "9".repeat(64), sizeBytes: 8 }, tarball],
      `linux is linux 6.2 (sha256 ${"9".repeat(64)}, 8 bytes), locked is linux 6.1 (sha256 ${"1".repeat(64)}, 7 bytes)`,
    ],
    [
      "another signature",
      [linux, { ...tarball, signedBy: "somebody" }],
      `root.tar.gz is https://one.example/v3/root.tar.gz, signed by somebody (sha256 ${"2".repeat(64)}, 9 bytes), locked is https://one.example/v3/root.tar.gz, signed by 0482D840 (sha256 ${"2".repeat(64)}, 9 bytes)`,
    ],
    ["one less", [linux], expect.stringMatching(/^root\.tar\.gz is gone: locked is /)],
    [
      "one more",
      [linux, tarball, { package: "busybox", version: "1", sha256: "8".repeat(64) }],
      `busybox is new: busybox 1 (sha256 ${"8".repeat(64)})`,
    ],
  ])("refuses %s with both values, and says how to accept it", async (_, inputs, difference) => {
    const node = (await locked()).image("node");
    const refused = {
      code: "IMAGE_LOCKED",
      where: path,
      evidence: [difference],
      hint: expect.stringContaining(accept),
    };
    expect(() => node?.checkInputs(inputs)).toThrow(expect.objectContaining(refused));
    expect(() => node?.check({ ...manifest, inputs })).toThrow(expect.objectContaining(refused));
  });

  test("refuses what another recipe made of the same inputs", async () => {
    const node = (await locked()).image("node");
    const digest = "7".repeat(64);
    expect(() => node?.check({ ...manifest, digest })).toThrow(
      expect.objectContaining({
        evidence: [`the digest is ${digest}, locked is ${manifest.digest}: its recipe has changed`],
      }),
    );
    expect(() => node?.check({ ...manifest, name: "other", level: 1 })).toThrow(
      expect.objectContaining({
        evidence: ["the recipe is other, locked is tiny", "the level is 1, locked is 2"],
      }),
    );
  });

  test("says nothing of an image that is not in it, or where there is none", async () => {
    expect((await ImagesLock.load(path, accept)).image("node")).toBeUndefined();
    expect((await locked()).image("other")).toBeUndefined();
    expect((await locked()).image("constructor")).toBeUndefined();
  });

  test("is the same text for the same images, and only grows where that is wanted", async () => {
    const lock = await locked();
    const before = await readFile(path, "utf8");
    const newer = { ...manifest, digest: "6".repeat(64) };
    expect(await lock.write(new Map([["node", newer]]), "new")).toEqual([]);
    expect(await readFile(path, "utf8")).toBe(before);
    expect(
      await lock.write(
        new Map([
          ["node", newer],
          ["a", manifest],
        ]),
        "new",
      ),
    ).toEqual(["a"]);
    const grown = JSON.parse(await readFile(path, "utf8")) as { images: Record<string, { digest: string }> };
    expect(Object.keys(grown.images)).toEqual(["a", "node"]);
    expect(grown.images["node"]?.digest).toBe(manifest.digest);
  });

  test.each([
    ["half of it", '{ "format": 1, "im', "it is no JSON"],
    ["another version of it", '{ "format": 2, "images": {} }', "format: Invalid input: expected 1"],
    ["an entry without inputs", '{ "format": 1, "images": { "a": {} } }', "images.a.recipe"],
  ])("is not taken for none when only %s is there", async (_, text, why) => {
    await writeFile(path, text);
    await expect(ImagesLock.load(path, accept)).rejects.toMatchObject({
      ...{ code: "IMAGE_LOCK_UNREADABLE", message: expect.stringContaining(why), where: path },
    });
  });
});

test("two inputs of one name are told apart by their order", () => {
  const other = { ...linux, sha256: "9".repeat(64) };
  expect(inputDifferences([linux, other], [linux, other])).toEqual([]);
  expect(inputDifferences([linux, other], [linux, linux])).toHaveLength(1);
});

test.each([
  ["/sites/rack/site.ts", "/sites/rack/images.lock"],
  ["/sites/site.yaml", "/sites/images.lock"],
  ["/sites/rack.yaml", "/sites/rack.images.lock"],
])("the lock of %s is %s", (site, lock) => {
  expect(lockPathOf(site)).toBe(lock);
});
