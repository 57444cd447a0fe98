import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";

describe("reading bytes", () => {
  test("big-endian numbers and copies come out in order", () => {
    const bytes = Uint8Array.of(1, 2, 3, 0xff, 0xff, 0xff, 0xfe, 9, 8);
    const reader = new ByteReader(bytes);
    expect([reader.u8("a"), reader.u16("b"), reader.u32("c")]).toEqual([1, 0x0203, 0xffff_fffe]);
    const rest = reader.take(2, "d");
    bytes.fill(0);
    expect([...rest]).toEqual([9, 8]); // a copy does not change with the buffer it came from
    expect(reader.left).toBe(0);
  });

  test("what is not there is an error naming field and place", () => {
    const reader = new ByteReader(Uint8Array.of(1, 2, 3));
    reader.u16("op");
    expect(() => reader.u32("xid")).toThrow(new DecodeError("xid", 2, "needs 4 bytes, 1 left"));
    expect(reader.u8("op")).toBe(3); // a failed read takes nothing
    expect(() => reader.u8("hops")).toThrow("hops: needs 1 byte, 0 left (at byte 3)");
  });

  test("a part of a larger buffer is read as itself", () => {
    const reader = new ByteReader(Uint8Array.of(9, 9, 1, 2, 9).subarray(2, 4));
    expect(reader.u16("both")).toBe(0x0102);
    expect(reader.left).toBe(0);
  });
});

test("what was taken does not change with the buffer it came from", () => {
  const packet = Buffer.from([1, 2, 3]);
  const taken = new ByteReader(packet).take(2, "name");
  packet.fill(0);
  expect([...taken]).toEqual([1, 2]);
});

describe("writing bytes", () => {
  test("grows and pads, and never shortens", () => {
    const writer = new ByteWriter().u8(1).u16(0x0203).u32(0xdeadbeef).bytes(new Uint8Array(1000).fill(7));
    expect(writer.padTo(5).length).toBe(1007);
    const written = writer.padTo(1010).finish();
    expect([...written.subarray(0, 8)]).toEqual([1, 2, 3, 0xde, 0xad, 0xbe, 0xef, 7]);
    expect([...written.subarray(1006)]).toEqual([7, 0, 0, 0]);
  });

  test.each([256, -1, 1.5, Number.NaN])("%d does not fit into a byte", (value) => {
    expect(() => new ByteWriter().u8(value)).toThrow(RangeError);
  });
});
