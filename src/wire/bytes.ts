import { DecodeError } from "../core/errors.ts";

/** Reads big-endian numbers and copies of bytes, front to back; what is not there is a `DecodeError` naming the field. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    // Not a Buffer itself: its slice() is a view.
    this.#bytes = Buffer.isBuffer(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : bytes;
  }

  /** Where the next read begins. */
  get offset(): number {
    return this.#offset;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(field: string): number {
    return this.#bytes[this.#advance(1, field)] ?? 0;
  }

  u16(field: string): number {
    return this.#number(2, field);
  }

  u32(field: string): number {
    return this.#number(4, field);
  }

  /** Of the bytes themselves, for what is looked at and not kept. */
  view(length: number, field: string): Uint8Array {
    const start = this.#advance(length, field);
    return this.#bytes.subarray(start, start + length);
  }

  /** A copy: nothing decoded keeps a receive buffer alive or changes with it. */
  take(length: number, field: string): Uint8Array {
    const start = this.#advance(length, field);
    return this.#bytes.slice(start, start + length);
  }

  #number(width: 2 | 4, field: string): number {
    const start = this.#advance(width, field);
    let value = 0;
    for (let i = 0; i < width; i += 1) value = value * 256 + (this.#bytes[start + i] ?? 0);
    return value;
  }

  #advance(length: number, field: string): number {
    const start = this.#offset;
    if (length > this.left) {
      const needed = length === 1 ? "1 byte" : `${length} bytes`;
      throw new DecodeError(field, start, `needs ${needed}, ${this.left} left`);
    }
    this.#offset += length;
    return start;
  }
}

/** Writes big-endian numbers and bytes into a buffer that grows. A number that does not fit its field is our bug. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  /** `room` bytes are written without growing; by default one ordinary DHCP reply. */
  constructor(room = 320) {
    this.#bytes = new Uint8Array(room);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    return this.#number(value, 1);
  }

  u16(value: number): this {
    return this.#number(value, 2);
  }

  u32(value: number): this {
    return this.#number(value, 4);
  }

  bytes(value: Uint8Array): this {
    const start = this.#grow(value.length);
    this.#bytes.set(value, start);
    return this;
  }

  /** Zeros until the whole is `length` bytes long; does nothing when it already is. */
  padTo(length: number): this {
    this.#grow(Math.max(0, length - this.#length));
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #number(value: number, width: 1 | 2 | 4): this {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width)) {
      throw new RangeError(`${value} does not fit into ${width} bytes`);
    }
    const start = this.#grow(width);
    for (let i = 0; i < width; i += 1) this.#bytes[start + i] = value >>> (8 * (width - 1 - i));
    return this;
  }

  #grow(by: number): number {
    const start = this.#length;
    this.#length += by;
    if (this.#length > this.#bytes.length) {
      const bigger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      bigger.set(this.#bytes.subarray(0, start));
      this.#bytes = bigger;
    }
    return start;
  }
}
