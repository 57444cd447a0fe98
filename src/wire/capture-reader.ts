import { ByteReader } from "./bytes.ts";

/** Reads a capture file, which may be of either byte order and too large to be copied: `take` gives views. */
export class CaptureReader extends ByteReader {
  littleEndian = false;

  override u16(field: string): number {
    const value = super.u16(field);
    return this.littleEndian ? ((value & 0xff) << 8) | (value >>> 8) : value;
  }

  override u32(field: string): number {
    const value = super.u32(field);
    if (!this.littleEndian) return value;
    return ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
  }

  override take(length: number, field: string): Uint8Array {
    return this.view(length, field);
  }
}
