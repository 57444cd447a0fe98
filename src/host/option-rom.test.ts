import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { efiDecompress } from "./efi-decompress.ts";
import { readOptionRom } from "./option-rom.ts";

/** Writes `[value, width]` fields, most significant bit first, behind the header of an EFI stream. */
function efiStream(originalBytes: number, fields: readonly (readonly [number, number])[]): Buffer {
  const bits = fields
    .map(([value, width]) => (width === 0 ? "" : value.toString(2).padStart(width, "0")))
    .join("");
  const body = Buffer.from(
    (bits.padEnd(Math.ceil(bits.length / 8) * 8, "0").match(/.{8}/g) ?? []).map((byte) =>
      Number.parseInt(byte, 2),
    ),
  );
  const header = Buffer.alloc(8);
  header.writeUInt32LE(body.length, 0);
  header.writeUInt32LE(originalBytes, 4);
  return Buffer.concat([header, body]);
}

const none = [0, 4] as const;
/** A block whose every symbol is the same, and costs no bits. */
const blockOf = (symbol: number, count: number) =>
  [[count, 16], [0, 5], [0, 5], [0, 9], [symbol, 9], none, none] as const;

describe("EFI decompression", () => {
  test("repeats what it wrote, even what it is writing", () => {
    const stream = efiStream(7, [...blockOf("a".charCodeAt(0), 1), ...blockOf(256 + 6 - 3, 1)]);
    expect(Buffer.from(efiDecompress(stream)).toString()).toBe("aaaaaaa");
  });

  test("reads Huffman codes whose lengths are coded themselves", () => {
    const stream = efiStream(4, [
      [4, 16],
      // Of the code lengths' alphabet only 2 (a long run of unused symbols) and 3 (length 1) are used, one bit each.
      ...([
        [4, 5],
        [0, 3],
        [0, 3],
        [1, 3],
        [0, 2],
        [1, 3],
      ] as const),
      // Literals up to "b": 97 unused, then "a" and "b" with one bit each.
      ...([
        [99, 9],
        [0, 1],
        [77, 9],
        [1, 1],
        [1, 1],
      ] as const),
      ...[none, none],
      ...([
        [0, 1],
        [1, 1],
        [1, 1],
        [0, 1],
      ] as const),
    ]);
    expect(Buffer.from(efiDecompress(stream)).toString()).toBe("abba");
  });

  test.each([
    ["nothing", Buffer.alloc(3), /shorter than its header/],
    ["a length past the end", Buffer.from("ff00000001000000", "hex"), /longer than what holds it/],
    ["a promise of 4 GiB", Buffer.from("00000000ffffffff", "hex"), /promises too much/],
    ["an early end", efiStream(9, [[9, 16]]), /ends too early/],
    ["a match before the beginning", efiStream(4, blockOf(256, 1)), /before its beginning/],
  ])("%s is a DecodeError", (_name, stream, problem) => {
    expect(() => efiDecompress(stream)).toThrow(DecodeError);
    expect(() => efiDecompress(stream)).toThrow(problem);
  });

  test("random bytes end in an error or in bytes, never in anything else", () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 0x7fff_ffff;
      return seed & 0xff;
    };
    for (let round = 0; round < 300; round++) {
      const noise = Buffer.from(Array.from({ length: 64 }, random));
      noise.writeUInt32LE(56, 0);
      noise.writeUInt32LE(512, 4);
      try {
        expect(efiDecompress(noise)).toHaveLength(512);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }
  });
});

/** One image of a ROM: its header, the PCI data structure at 0x1c, and a body at 0x34. */
function image(options: { codeType: number; last: boolean; compression?: number; body: Buffer }): Buffer {
  const { codeType, last, compression = 0, body } = options;
  const bytes = Buffer.alloc(Math.ceil((0x34 + body.length) / 512) * 512);
  bytes.writeUInt16LE(0xaa55, 0);
  bytes.writeUInt16LE(compression, 0x0c);
  bytes.writeUInt16LE(0x34, 0x16);
  bytes.writeUInt16LE(0x1c, 0x18);
  bytes.write("PCIR", 0x1c, "latin1");
  bytes.writeUInt16LE(bytes.length / 512, 0x1c + 0x10);
  bytes[0x1c + 0x14] = codeType;
  bytes[0x1c + 0x15] = last ? 0x80 : 0;
  body.copy(bytes, 0x34);
  return bytes;
}

describe("an option ROM", () => {
  const bios = image({ codeType: 0, last: false, body: Buffer.from("\niPXE (http://ipxe.org)\n") });

  test("with scripts inside is a full iPXE", () => {
    const uefi = image({ codeType: 3, last: true, body: Buffer.from("MZ....#!ipxe....") });
    expect(readOptionRom(Buffer.concat([bios, uefi]))).toEqual([
      { for: "bios", holds: "full iPXE" },
      { for: "uefi", holds: "full iPXE" },
    ]);
  });

  test("without them, packed, is a driver only", () => {
    const body = efiStream(900, blockOf(0, 900));
    const uefi = image({ codeType: 3, last: true, compression: 1, body });
    expect(readOptionRom(Buffer.concat([bios, uefi]))[1]).toEqual({ for: "uefi", holds: "driver" });
  });

  test("packed in a way that cannot be read says so", () => {
    const uefi = image({ codeType: 3, last: true, compression: 1, body: Buffer.alloc(0) });
    expect(readOptionRom(uefi)).toEqual([{ for: "uefi", holds: "driver" }]);
    expect(
      readOptionRom(image({ codeType: 3, last: true, compression: 9, body: Buffer.from("MZ") })),
    ).toEqual([{ for: "uefi", holds: "unknown" }]);
  });

  test.each([
    ["an empty file", Buffer.alloc(0)],
    ["something else", Buffer.alloc(1024, 7)],
    ["an image without its data structure", Buffer.concat([Buffer.from("55aa", "hex"), Buffer.alloc(510)])],
    ["a chain that goes on past the end", bios],
  ])("%s is a DecodeError", (_name, rom) => expect(() => readOptionRom(rom)).toThrow(DecodeError));
});
