import { deflateRawSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../../core/errors.ts";
import { mutants } from "../../core/mutants.fixture.ts";
import { decodeGzipMember } from "./gzip-members.ts";

const limits = { field: "part", maxBytes: 4096 };
const read = (bytes: Uint8Array, offset = 0) => decodeGzipMember(bytes, { ...limits, offset });
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe("gzip streams back to back", () => {
  const [first, second] = [gzipSync("one"), gzipSync("two".repeat(400))];
  const both = Buffer.concat([first, second]);

  test("are read one at a time, with the very bytes each has in the file", () => {
    const one = read(both);
    expect(text(one.content)).toBe("one");
    expect(Buffer.from(one.compressed)).toEqual(first);
    const two = read(both, one.end);
    expect(text(two.content)).toBe("two".repeat(400));
    expect(Buffer.from(two.compressed)).toEqual(second);
    expect(two.end).toBe(both.length);
  });

  test("may be empty", () => {
    expect(read(gzipSync("")).content).toHaveLength(0);
  });

  test("may have every part a header can have", () => {
    const optional = Buffer.from("0200 abcd 6e00 6300 1234".replaceAll(" ", ""), "hex");
    const header = Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0b11110, 0, 0, 0, 0, 0, 3]), optional]);
    const plain = gzipSync("text");
    const bytes = Buffer.concat([header, deflateRawSync("text"), plain.subarray(-8)]);
    expect(text(read(bytes).content)).toBe("text");
  });
});

describe("a gzip stream is refused", () => {
  const whole = gzipSync("some text");
  const changed = (at: number) => {
    const bytes = Buffer.from(whole);
    bytes.writeUInt8(bytes.readUInt8(bytes.length + at) ^ 1, bytes.length + at);
    return bytes;
  };

  test.each([
    ["that is none", Buffer.from("plain text, no gzip"), /not a gzip stream/],
    ["that is empty", Buffer.alloc(0), /not a gzip stream/],
    ["whose end is missing", whole.subarray(0, -9), /unexpected end|no end/],
    ["whose trailer is cut short", whole.subarray(0, -3), /no end/],
    ["whose header has no end", Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3, 0x61]), /no end/],
    ["of another CRC", changed(-8), /CRC/],
    ["of another length", changed(-4), /length/],
    ["that holds too much", gzipSync(Buffer.alloc(4097)), /more than 4096 bytes/],
    ["that is a bomb", gzipSync(Buffer.alloc(64 * 1024 * 1024)), /more than 4096 bytes/],
  ])("%s", (_, bytes, problem) => {
    expect(() => read(bytes)).toThrow(DecodeError);
    expect(() => read(bytes)).toThrow(problem);
  });

  test("or read, whatever has become of it", () => {
    for (const bytes of mutants([whole, gzipSync("x".repeat(300))], 5000)) {
      try {
        read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }
  });
});
