import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ImageParts } from "./recipe.ts";
import { commandLineOf, ImageStore } from "./store.ts";

const bytes = (text: string) => Buffer.from(text);
const made = {
  name: "tiny",
  level: 1 as const,
  inputs: [{ package: "linux", version: "1", sha256: "0".repeat(64) }],
  recipe: "1".repeat(64),
};
const parts: ImageParts = {
  kernel: { name: "vmlinuz", bytes: bytes("kernel") },
  initrds: [{ name: "initrd.img", bytes: bytes("initrd") }],
  files: [{ name: "preseed.cfg", bytes: bytes("answers") }],
  commandLine: "console=ttyS0 url={files}/preseed.cfg",
};

describe("the image store", () => {
  let folder: string;
  let store: ImageStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dryboot-images-"));
    store = new ImageStore(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  test("opens what was published, file by file", async () => {
    await store.publish(made, parts);
    const image = await store.open("tiny");
    expect(image).toMatchObject({ ...made, kernel: { name: "vmlinuz", sizeBytes: 6 } });
    expect(await readFile(image?.kernel.path ?? "", "utf8")).toBe("kernel");
    expect(await readFile(image?.files[0]?.path ?? "", "utf8")).toBe("answers");
    expect(await store.names()).toEqual(["tiny"]);
  });

  test("gives the same image the same digest, at another time and in another store", async () => {
    await store.publish(made, parts);
    const there = new ImageStore(join(folder, "other"));
    await there.publish(made, parts);
    expect((await there.open("tiny"))?.digest).toBe((await store.open("tiny"))?.digest);
  });

  test.each<[string, Partial<ImageParts>]>([
    ["the kernel", { kernel: { name: "vmlinuz", bytes: bytes("another") } }],
    ["an initrd's name", { initrds: [{ name: "initrd.gz", bytes: bytes("initrd") }] }],
    ["a served file", { files: [] }],
    ["the command line", { commandLine: "quiet" }],
  ])("gives an image another digest when %s differs", async (_, change) => {
    await store.publish(made, parts);
    const before = await store.open("tiny");
    await store.publish(made, { ...parts, ...change });
    expect((await store.open("tiny"))?.digest).not.toBe(before?.digest);
  });

  test.each(["vmlinuz", "initrd.img", "preseed.cfg"])(
    "refuses an image whose %s was changed",
    async (name) => {
      await store.publish(made, parts);
      const image = await store.open("tiny");
      await writeFile(join(image?.folder ?? "", name), "kernal");
      await expect(store.open("tiny")).rejects.toMatchObject({
        code: "IMAGE_DIGEST_MISMATCH",
        where: join(image?.folder ?? "", name),
        hint: "build it again: ./dryboot image build tiny",
      });
      await store.publish(made, parts); // and that command mends it
      expect((await store.open("tiny"))?.digest).toBe(image?.digest);
    },
  );

  test.each([
    ["a changed command line", (text: string) => text.replace("console=ttyS0", "init=/bin/sh")],
    ["a file from elsewhere", (text: string) => text.replace('"vmlinuz"', '"../../vmlinuz"')],
    ["half a manifest", (text: string) => text.slice(0, 100)],
  ])("refuses a manifest with %s", async (_, change) => {
    await store.publish(made, parts);
    const path = join((await store.open("tiny"))?.folder ?? "", "manifest.json");
    await writeFile(path, change(await readFile(path, "utf8")));
    await expect(store.open("tiny")).rejects.toMatchObject({ code: "IMAGE_DIGEST_MISMATCH" });
  });

  test("leaves nothing half built behind, and takes away what a killed build left", async () => {
    await mkdir(join(folder, "images/.building-killed"), { recursive: true });
    await writeFile(join(folder, "images/.building-killed/vmlinuz"), "half");
    const broken = { ...parts, kernel: { name: "vmlinuz", path: join(folder, "absent") } };
    await (await store.scratch())[Symbol.asyncDispose]();
    await expect(store.publish(made, broken)).rejects.toThrow(/ENOENT/);
    expect(await readdir(join(folder, "images"))).toEqual([]);
    expect(await store.open("tiny")).toBeUndefined();
  });

  test("keeps the build before the newest one, for whoever still serves it, and none before that", async () => {
    for (const commandLine of ["one", "two", "three"]) await store.publish(made, { ...parts, commandLine });
    expect(await readdir(join(folder, "images"))).toHaveLength(3); // two folders and the link
    expect((await store.open("tiny"))?.commandLine).toBe("three");
  });

  test("removes an image, and says when there was none", async () => {
    await store.publish(made, parts);
    await store.publish({ ...made, name: "tiny-too" }, parts);
    expect(await store.remove("tiny")).toBe(true);
    expect(await store.remove("tiny")).toBe(false);
    expect(await store.names()).toEqual(["tiny-too"]);
    expect(await store.open("tiny-too")).toBeDefined();
  });

  test("takes an image of another version of dryboot for absent", async () => {
    await store.publish(made, parts);
    const path = join((await store.open("tiny"))?.folder ?? "", "manifest.json");
    await writeFile(path, '{ "format": 2 }');
    expect(await store.open("tiny")).toBeUndefined();
  });
});

test("a command line names the place its image's files are served under", () => {
  expect(commandLineOf(parts, "http://10.0.0.1/images/tiny/")).toBe(
    "console=ttyS0 url=http://10.0.0.1/images/tiny/preseed.cfg",
  );
});
