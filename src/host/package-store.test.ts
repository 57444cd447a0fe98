import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PackageStore } from "./package-store.ts";

const hasDpkg = spawnSync("dpkg-deb", ["--version"]).status === 0;

describe.skipIf(!hasDpkg)("packages in the store (skipped where dpkg-deb is not installed)", () => {
  let folder: string;
  let store: PackageStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dryboot-packages-"));
    store = new PackageStore(join(folder, "store"), "bookworm");
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A package as it lies there after its download, and what the index said of it. */
  async function downloaded() {
    const tree = join(folder, "tree");
    await mkdir(join(tree, "DEBIAN"), { recursive: true });
    await mkdir(join(tree, "bin"));
    await writeFile(join(tree, "bin/hello"), "hello");
    const control = "Package: hello\nVersion: 1:2-3\nArchitecture: amd64\nMaintainer: us\nDescription: x\n";
    await writeFile(join(tree, "DEBIAN/control"), control);
    const file = join(folder, "hello.deb");
    execFileSync("dpkg-deb", ["--build", "-Znone", tree, file]);
    const bytes = await readFile(file);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return {
      file,
      expected: { name: "hello", version: "1:2-3", architecture: "amd64", sha256, sizeBytes: bytes.length },
    };
  }

  test("are unpacked, and found again under the name they were asked by, also after the store was moved", async () => {
    const { file, expected } = await downloaded();
    const added = await store.add("hello-meta", file, expected);
    expect(await readFile(join(added.files, "bin/hello"), "utf8")).toBe("hello");
    expect(await store.find("hello-meta")).toEqual(added);
    expect(await store.find("hello")).toBeUndefined();
    await rename(join(folder, "store"), join(folder, "moved"));
    const found = await new PackageStore(join(folder, "moved"), "bookworm").find("hello-meta");
    expect(found).toMatchObject({ ...expected, suite: "bookworm" });
    expect(await readFile(join(found?.files ?? "", "bin/hello"), "utf8")).toBe("hello");
  });

  test("are refused and deleted when they are not what the index promised", async () => {
    const { file, expected } = await downloaded();
    await writeFile(file, "tampered", { flag: "a" });
    await expect(store.add("hello", file, expected)).rejects.toMatchObject({ code: "ARCHIVE_DIGEST" });
    await expect(stat(file)).rejects.toThrow(/ENOENT/);
    expect(await store.find("hello")).toBeUndefined();
  });

  test("that cannot be unpacked leave no half folder", async () => {
    const { file } = await downloaded();
    await writeFile(file, "not a package");
    const sha256 = createHash("sha256").update("not a package").digest("hex");
    const expected = { name: "hello", version: "1", architecture: "amd64", sha256, sizeBytes: 13 };
    await expect(store.add("hello", file, expected)).rejects.toMatchObject({ name: "DrybootError" });
    expect(await readdir(join(folder, "store/packages/bookworm"))).toEqual(["hello_1_amd64.deb"]);
    expect(await store.find("hello")).toBeUndefined();
  });

  test.each<[string, (added: { deb: string; files: string }) => Promise<unknown>]>([
    ["the package was cut short", ({ deb }) => truncate(deb, 10)],
    ["its folder is gone", ({ files }) => rm(files, { recursive: true })],
    ["its record is damaged", ({ deb }) => writeFile(join(deb, "../hello.json"), "{")],
  ])("are not found when %s", async (_, damage) => {
    const { file, expected } = await downloaded();
    await damage(await store.add("hello", file, expected));
    expect(await store.find("hello")).toBeUndefined();
  });

  test("lose what a killed process left half unpacked, and nothing else", async () => {
    const { file, expected } = await downloaded();
    await store.add("hello", file, expected);
    await mkdir(join(folder, "store/packages/bookworm/.unpacking-x/bin"), { recursive: true });
    await store.removeLeftovers();
    expect((await readdir(join(folder, "store/packages/bookworm"))).toSorted()).toEqual([
      ...["hello.json", "hello_1%3a2-3_amd64", "hello_1%3a2-3_amd64.deb"],
    ]);
  });
});
