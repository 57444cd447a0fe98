import { describe, expect, test } from "vitest";
import { guestSector } from "./probe-guest.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("the guest that judges accelerators", () => {
  const sector = guestSector();

  test("is a boot sector a BIOS accepts", () => {
    expect(sector).toHaveLength(512);
    expect(hex(sector.subarray(510))).toBe("55aa");
  });

  test("jumps to where its 64-bit part really begins", () => {
    expect(hex(sector.subarray(0x5d, 0x62))).toBe("ea627c0800"); // jmp 8:7c62
    expect(hex(sector.subarray(0x62, 0x66))).toBe("b032e6e9"); // and says that it arrived
  });

  test("loads the descriptor table that lies behind its code", () => {
    const pointer = Buffer.from(sector).readUInt16LE(0x4f) - 0x7c00; // operand of lgdt
    const table = Buffer.from(sector).readUInt32LE(pointer + 2) - 0x7c00;
    expect(Buffer.from(sector).readUInt16LE(pointer)).toBe(15);
    expect(hex(sector.subarray(table, table + 16))).toBe("0000000000000000" + "00000000009a2000");
  });
});
