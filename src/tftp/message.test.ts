import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import type { TftpMessage } from "./message.ts";
import { decodeMessage, encodeMessage } from "./message.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
const packet = (opcode: number, text: string) =>
  Buffer.concat([Buffer.of(0, opcode), Buffer.from(text, "latin1")]);

describe("TFTP packets", () => {
  test("a read request as EDK2 sends it", () => {
    const bytes = packet(1, "boot/snponly.efi\0octet\0tsize\x000\0blksize\x001468\0windowsize\x004\0");
    expect(decodeMessage(bytes)).toEqual({
      type: "RRQ",
      filename: "boot/snponly.efi",
      mode: "octet",
      options: new Map([
        ["tsize", "0"],
        ["blksize", "1468"],
        ["windowsize", "4"],
      ]),
    });
  });

  test.each([
    ["an extra NUL", "pxelinux.0\0\0octet\0"],
    ["the end option of DHCP", "pxelinux.0\xff\0octet\0"],
    ["both", "pxelinux.0\0\xff\0octet\0"],
  ])("a file name that drags along %s is understood", (_, text) => {
    expect(decodeMessage(packet(1, text))).toMatchObject({ filename: "pxelinux.0", mode: "octet" });
  });

  test("modes and option names are read in any case, and the first of two values counts", () => {
    expect(decodeMessage(packet(1, "a\0OCTET\0BLKSIZE\x00512\0blksize\x009\0"))).toMatchObject({
      mode: "octet",
      options: new Map([["blksize", "512"]]),
    });
  });

  test.each([
    ["a name without a value", "a\0octet\0tsize\0"],
    ["a value without its NUL", "a\0octet\0tsize\x000"],
    ["padding", "a\0octet\0\0\0\0\0"],
  ])("%s after the mode is no option", (_, text) => {
    expect(decodeMessage(packet(1, text))).toMatchObject({ options: new Map() });
  });

  test("a file name in UTF-8 is read as such", () => {
    const bytes = Buffer.concat([hex("0001"), Buffer.from("kärnel\0octet\0")]);
    expect(decodeMessage(bytes)).toMatchObject({ filename: "kärnel" });
  });

  test("an ERROR without its last NUL keeps its text", () => {
    expect(decodeMessage(hex("0005 0008 55736572"))).toEqual({ type: "ERROR", errorCode: 8, errMsg: "User" });
  });

  test("an ACK padded to the least size of a frame is an ACK", () => {
    expect(decodeMessage(hex("0004 ffff 000000000000"))).toEqual({ type: "ACK", block: 65535 });
  });

  test("what is decoded shares no memory with the packet", () => {
    const bytes = hex("0003 0001 aabb");
    const message = decodeMessage(bytes);
    bytes.fill(0);
    expect(message).toEqual({ type: "DATA", block: 1, data: Uint8Array.of(0xaa, 0xbb) });
  });

  test.each([
    ["nothing", "", "packet"],
    ["one byte", "00", "packet"],
    ["three bytes", "000400", "packet"],
    ["an unknown opcode", "0007 0000", "opcode"],
    ["a file name without an end", "0001 6161", "filename"],
    ["no mode", "0001 6100", "mode"],
    ["a mode without an end", "0001 6100 6f6374", "mode"],
    ["a request longer than RFC 2347 allows", `0001 ${"61".repeat(511)}`, "RRQ"],
  ])("%s is a DecodeError that names the field", (_, bytes, field) => {
    expect(() => decodeMessage(hex(bytes))).toThrow(expect.objectContaining({ name: "DecodeError", field }));
  });

  const u16 = fc.integer({ min: 0, max: 65535 });
  const word = fc.stringMatching(/^[a-z0-9./-]{1,20}$/);
  const options = fc.array(fc.tuple(word, word), { maxLength: 5 }).map((pairs) => new Map(pairs));
  const message: fc.Arbitrary<TftpMessage> = fc.oneof(
    fc.record({ type: fc.constantFrom("RRQ", "WRQ"), filename: word, mode: fc.constant("octet"), options }),
    fc.record({ type: fc.constant("DATA"), block: u16, data: fc.uint8Array({ maxLength: 64 }) }),
    fc.record({ type: fc.constant("ACK"), block: u16 }),
    fc.record({ type: fc.constant("ERROR"), errorCode: u16, errMsg: word }),
    fc.record({ type: fc.constant("OACK"), options: options.filter((map) => map.size > 0) }),
  );

  test("what is encoded is decoded to the same", () => {
    fc.assert(
      fc.property(message, (it) => {
        expect(decodeMessage(encodeMessage(it))).toEqual(it);
      }),
    );
  });

  test("100,000 mutated packets throw nothing but DecodeError", () => {
    const mutated = fc.tuple(
      message,
      fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }),
      fc.option(fc.nat(80)),
    );
    const samples = fc.sample(mutated, { numRuns: 5000, seed: 7 });
    let rejected = 0;
    // Each round over the samples changes other bytes of them.
    for (let round = 0; round < 20; round += 1) {
      for (const [it, changes, cut] of samples) {
        const bytes = encodeMessage(it);
        for (const [at, value] of changes)
          bytes[(at + round * 7) % bytes.length] = (value + round * 31) & 0xff;
        if (!decodes(bytes.subarray(0, cut ?? bytes.length))) rejected += 1;
      }
    }
    expect(rejected).toBeGreaterThan(10_000);
    expect(rejected).toBeLessThan(90_000);
  });
});

/** False for a DecodeError; any other error fails the test. */
function decodes(bytes: Uint8Array): boolean {
  try {
    decodeMessage(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return false;
  }
}
