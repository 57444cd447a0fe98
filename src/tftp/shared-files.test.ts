import { mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { openReader } from "./file-reader.ts";
import { pieceBytes, SharedFiles } from "./shared-files.ts";

const pattern = (sizeBytes: number, salt = 0) =>
  Buffer.from(Uint8Array.from({ length: sizeBytes }, (_, i) => ((i * 31) >> 3) + salt));
const size = 3 * pieceBytes + 1000;
const content = pattern(size);

let path = "";
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-shared-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  path = join(folder, "ipxe.efi");
  await writeFile(path, content);
});

const open = async (files: SharedFiles, sizeBytes = size) => {
  const reader = await openReader({ path, sizeBytes }, files);
  onTestFinished(() => reader[Symbol.asyncDispose]());
  return reader;
};

describe("files that many read", () => {
  test("a hundred readers of one file hold it once, and nothing when they have gone", async () => {
    const files = new SharedFiles(2 ** 30);
    await using readers = new AsyncDisposableStack();
    const all = await Promise.all(
      Array.from({ length: 100 }, async () =>
        readers.use(await openReader({ path, sizeBytes: size }, files)),
      ),
    );
    const starts = [0, pieceBytes, 2 * pieceBytes, size - 1000];
    const read = await Promise.all(
      all.map(async (reader, i) => await reader.read(starts[i % 4] ?? 0, (starts[i % 4] ?? 0) + 1000)),
    );
    read.forEach((bytes, i) => {
      const start = starts[i % 4] ?? 0;
      expect(content.subarray(start, start + 1000).equals(bytes)).toBe(true);
    });
    expect(new Set(read.map(({ buffer }) => buffer)).size).toBe(4);
    expect([files.openFiles, files.heldBytes]).toEqual([1, size]);
    await readers.disposeAsync();
    expect([files.openFiles, files.heldBytes]).toEqual([0, 0]);
  });

  test("what was read already comes at once, within a piece and across its end", async () => {
    const reader = await open(new SharedFiles(2 ** 30));
    for (const start of [0, 5000, pieceBytes - 1, pieceBytes, 2 * pieceBytes - 700, 100]) {
      const bytes = await reader.read(start, start + 1468);
      expect(content.subarray(start, start + 1468).equals(bytes)).toBe(true);
      expect(reader.read(start, start + 1468)).not.toBeInstanceOf(Promise);
    }
    const everything = await reader.read(0, size);
    expect(content.equals(everything)).toBe(true);
    expect(await reader.read(size, size)).toHaveLength(0);
  });

  test("together they hold no more than they may, and past that everybody still gets the right bytes", async () => {
    const files = new SharedFiles(2 * pieceBytes);
    const readers = await Promise.all([0, 1, 2].map(() => open(files)));
    for (const at of [0, 1000, pieceBytes - 500, 2 * pieceBytes, size - 1000]) {
      for (const [i, reader] of readers.entries()) {
        const start = (at + i * pieceBytes) % (size - 999);
        const bytes = await reader.read(start, start + 1000);
        expect(content.subarray(start, start + 1000).equals(bytes)).toBe(true);
        expect(files.heldBytes).toBeLessThanOrEqual(2 * pieceBytes);
      }
    }
    const [one = expect.unreachable()] = readers;
    expect(content.equals(await one.read(0, size))).toBe(true); // four pieces at once never fit
    expect(files.heldBytes).toBeLessThanOrEqual(2 * pieceBytes);
  });

  test("who opens a file after it was written anew reads the new one, while the old one is still being read", async () => {
    const files = new SharedFiles(2 ** 30);
    const before = await open(files);
    expect(content.subarray(0, 1000).equals(await before.read(0, 1000))).toBe(true);

    const replaced = pattern(size, 1);
    await writeFile(`${path}.new`, replaced);
    await rename(`${path}.new`, path);
    const after = await open(files);
    expect(replaced.subarray(0, 1000).equals(await after.read(0, 1000))).toBe(true);
    expect(content.subarray(size - 10).equals(await before.read(size - 10, size))).toBe(true);

    const rewritten = pattern(size + 1, 2);
    await writeFile(path, rewritten); // the same inode
    const last = await open(files, size + 1);
    expect(rewritten.subarray(0, 1000).equals(await last.read(0, 1000))).toBe(true);
    expect(files.openFiles).toBe(3);
  });

  test("a file that shrinks below its readers fails for each, and holds nothing afterwards", async () => {
    const files = new SharedFiles(2 ** 30);
    const readers = await Promise.all([0, 1].map(() => openReader({ path, sizeBytes: size }, files)));
    await truncate(path, 10);
    const reads = await Promise.allSettled(readers.map(async (reader) => await reader.read(0, 1000)));
    expect(reads).toMatchObject([
      { status: "rejected", reason: { code: "FILE_CHANGED" } },
      { status: "rejected", reason: { code: "FILE_CHANGED" } },
    ]);
    await Promise.all(readers.map((reader) => reader[Symbol.asyncDispose]()));
    expect([files.openFiles, files.heldBytes]).toEqual([0, 0]);
  });
});
