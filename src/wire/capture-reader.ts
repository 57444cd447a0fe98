import { DecodeError } from "../core/errors.ts";

/**
 * Reads a capture file, which may be of either byte order and too large to be copied: `take` gives views.
 * What is not there is a `DecodeError` naming the field.
 */
export class CaptureReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;
  littleEndian = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(field: string): number {
    return this.#view.getUint8(this.#advance(1, field));
  }

  u16(field: string): number {
    return this.#view.getUint16(this.#advance(2, field), this.littleEndian);
  }

  u32(field: string): number {
    return this.#view.getUint32(this.#advance(4, field), this.littleEndian);
  }

  take(length: number, field: string): Uint8Array {
    const start = this.#advance(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  #advance(length: number, field: string): number {
    const start = this.#offset;
    if (length > this.left) throw new DecodeError(field, start, `needs ${length} bytes, ${this.left} left`);
    this.#offset += length;
    return start;
  }
}
