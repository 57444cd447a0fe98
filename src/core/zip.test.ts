import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "./errors.ts";
import { readZip } from "./read-zip.ts";
import type { ZipRecord } from "./zip.ts";
import { zipDirectory, zipEntry } from "./zip.ts";

/** The entries one behind the other, and the directory behind them. */
function packed(files: readonly (readonly [name: string, content: Uint8Array])[]) {
  const records: ZipRecord[] = [];
  let body = Buffer.alloc(0);
  for (const [name, content] of files) {
    const { bytes, record } = zipEntry(name, content, body.length);
    body = Buffer.concat([body, bytes]);
    records.push(record);
  }
  return { body, whole: Buffer.concat([body, zipDirectory(records, body.length)]) };
}

const text = Buffer.from("a line that repeats\n".repeat(50));
const noise = Buffer.from([0x8b, 0x1f, 0x00, 0xff]);
const files = [
  ["facts/000001.ndjson", text],
  ["blobs/ä", noise],
  ["empty", Buffer.alloc(0)],
] as const;
const contents = (bytes: Uint8Array) =>
  readZip(bytes).files.map(({ name, read }) => [name, Buffer.from(read()).toString("hex")]);
const expected = files.map(([name, content]) => [name, content.toString("hex")]);

describe("a zip", () => {
  test("holds its files, packed where that is smaller", () => {
    const { whole } = packed(files);
    expect(contents(whole)).toEqual(expected);
    expect(readZip(whole).problem).toBeUndefined();
    expect(whole.length).toBeLessThan(text.length);
  });

  test("ends as other programs look for it: the directory's end names its place and how many there are", () => {
    const { body, whole } = packed(files);
    const end = whole.subarray(-22);
    expect(end.readUInt32LE(0)).toBe(0x06054b50);
    expect([end.readUInt16LE(10), end.readUInt32LE(16)]).toEqual([3, body.length]);
    expect(end.readUInt32LE(12)).toBe(whole.length - body.length - 22);
  });

  test("whose writer was killed has every file that was whole", () => {
    const { body } = packed(files);
    expect(contents(body)).toEqual(expected);
    expect(readZip(body).problem).toMatch(/without a directory/);
    const cut = readZip(body.subarray(0, body.length - 40));
    expect(cut.files.map(({ name }) => name)).toEqual(["facts/000001.ndjson"]);
    expect(cut.problem).toMatch(/middle of a file/);
  });

  test("that is damaged says so when the file is read, and the others are whole", () => {
    const { whole } = packed(files);
    whole[60] = (whole[60] ?? 0) ^ 0xff;
    const [first, second] = readZip(whole).files;
    expect(() => first?.read()).toThrow(DecodeError);
    expect(second?.read()).toEqual(noise);
  });

  test("that is none is refused", () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from("#!ipxe\n"), Buffer.from("PK")])
      expect(() => readZip(bytes)).toThrow(DecodeError);
  });

  test("of anybody's making ends in files, a problem, or a DecodeError", () => {
    const { whole } = packed(files);
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(changes, fc.nat(whole.length), (edits, length) => {
        const bytes = Uint8Array.from(whole.subarray(0, length));
        for (const [at, value] of edits) if (at < length) bytes[at] = value;
        try {
          for (const { read } of readZip(bytes).files) read();
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
