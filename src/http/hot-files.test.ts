import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { HotFiles, usualHotBytes } from "./hot-files.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dryboot-hot-"));
  onTestFinished(() => rm(folder, { recursive: true }));
});

async function version(name: string, content: string) {
  const path = join(folder, name);
  await writeFile(path, content);
  const { mtimeMs, size: sizeBytes } = await stat(path);
  return { path, mtimeMs, sizeBytes };
}

describe("hot files", () => {
  test("are kept from the second request on", async () => {
    const files = new HotFiles(100);
    const kernel = await version("kernel", "k".repeat(40));
    expect(await files.bytes(kernel)).toBeUndefined();
    const bytes = await files.bytes(kernel);
    expect(bytes).toHaveLength(40);
    expect(await files.bytes(kernel)).toBe(bytes);
  });

  test("are not looked for on the disk again within a second", async () => {
    let now = 0;
    const files = new HotFiles(100, () => now);
    const kernel = await version("kernel", "k".repeat(40));
    await files.bytes(kernel);
    expect(files.recent(kernel.path, 40)).toBeUndefined();
    const bytes = await files.bytes(kernel);
    expect(files.recent(kernel.path, 40)).toMatchObject({ bytes, mtimeMs: kernel.mtimeMs });
    expect(files.recent(kernel.path, 41)).toBeUndefined();
    await files.bytes(kernel);
    now = 1000;
    expect(files.recent(kernel.path, 40)).toBeUndefined();
  });

  test("requests at the same time share one reading", async () => {
    const files = new HotFiles(100);
    const kernel = await version("kernel", "k");
    await files.bytes(kernel);
    const [one, two] = await Promise.all([files.bytes(kernel), files.bytes(kernel)]);
    expect(one).toBeDefined();
    expect(two).toBe(one);
  });

  test("never hold more than they may, and let the longest unused go", async () => {
    const files = new HotFiles(100);
    const versions = await Promise.all(["a", "b", "c"].map((name) => version(name, name.repeat(40))));
    for (const it of versions) {
      await files.bytes(it);
      await files.bytes(it);
      expect(files.heldBytes).toBeLessThanOrEqual(100);
    }
    expect(files.heldBytes).toBe(80);
    const [oldest = expect.unreachable()] = versions;
    expect(await files.bytes(oldest)).toBeUndefined();
  });

  test("one large file does not push out the others", async () => {
    const files = new HotFiles(100);
    const large = await version("large", "l".repeat(60));
    await files.bytes(large);
    expect(await files.bytes(large)).toBeUndefined();
    expect(files.heldBytes).toBe(0);
  });

  test("another version is another file, and one that cannot be read is not kept", async () => {
    const files = new HotFiles(100);
    const kernel = await version("kernel", "old");
    await files.bytes(kernel);
    expect(await files.bytes({ ...kernel, mtimeMs: kernel.mtimeMs + 1 })).toBeUndefined();
    await rm(kernel.path);
    expect(await files.bytes(kernel)).toBeUndefined();
    expect(files.heldBytes).toBe(0);
  });
});

test.each([
  ["512 MiB", 2 ** 29, 128],
  ["4 GiB", 2 ** 32, 512],
  ["64 GiB", 2 ** 36, 1024],
])("a machine of %s gives hot files their part of it", (_, memoryBytes, megabytes) => {
  expect(usualHotBytes(memoryBytes)).toBe(megabytes * 2 ** 20);
});

test("this machine gives them something", () => {
  expect(usualHotBytes()).toBeGreaterThanOrEqual(128 * 2 ** 20);
});
