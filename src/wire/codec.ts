import { DecodeError } from "../core/errors.ts";
import { ByteReader, ByteWriter } from "./bytes.ts";
import { formatIpv4, ipv4Number } from "./ipv4.ts";

/** Both directions of one wire type. `decode` throws only `DecodeError`, `encode` only for values that are our bug. */
export interface Codec<T> {
  decode(bytes: Uint8Array, field: string): T;
  encode(value: T): Uint8Array;
}

export type ValueOf<C> = C extends Codec<infer T> ? T : never;

/** The bytes as they came, copied. */
export const raw: Codec<Uint8Array> = {
  decode: (bytes) => bytes.slice(),
  encode: (value) => value.slice(),
};

/** An option that says everything by being there. */
export const nothing: Codec<true> = {
  decode(bytes, field) {
    exactly(0, bytes, field);
    return true;
  },
  encode: () => new Uint8Array(),
};

export const u8: Codec<number> = fixed(
  1,
  (reader, field) => reader.u8(field),
  (writer, value) => writer.u8(value),
);

export const u16: Codec<number> = fixed(
  2,
  (reader, field) => reader.u16(field),
  (writer, value) => writer.u16(value),
);

export const u32: Codec<number> = fixed(
  4,
  (reader, field) => reader.u32(field),
  (writer, value) => writer.u32(value),
);

export const i8: Codec<number> = fixed(
  1,
  (reader, field) => (reader.u8(field) << 24) >> 24,
  (writer, value) => writer.u8(value & 0xff),
);

export const i32: Codec<number> = fixed(
  4,
  (reader, field) => reader.u32(field) | 0,
  (writer, value) => writer.u32(value >>> 0),
);

export const ipv4: Codec<string> = fixed(
  4,
  (reader, field) => formatIpv4(reader.u32(field)),
  (writer, value) => writer.u32(ipv4Number(value)),
);

/** One byte, 0 or 1; others have been seen to mean true. */
export const flag: Codec<boolean> = fixed(
  1,
  (reader, field) => reader.u8(field) !== 0,
  (writer, value) => writer.u8(value ? 1 : 0),
);

/**
 * UTF-8, of which NVT ASCII is a part. Clients end strings with NUL (RFC 2132 §2 allows it), with several, or pad
 * them with 0xff: what follows the first NUL is not text. Control characters are refused, because every text of a
 * stranger is shown on somebody's terminal some day.
 */
export const text: Codec<string> = {
  decode(bytes, field) {
    const end = bytes.findIndex((byte) => byte === 0 || byte === 0xff); // 0xff is never part of UTF-8
    const value = utf8(end === -1 ? bytes : bytes.subarray(0, end), field);
    const control = controlCharacter.exec(value);
    if (control) throw new DecodeError(field, control.index, "has a control character in its text");
    return value;
  },
  encode: (value) => encoder.encode(value),
};

/** `text` that old ROMs read past its length: always sent with a NUL at its end. */
export const terminatedText: Codec<string> = {
  decode: text.decode,
  encode: (value) => encoder.encode(`${value}\0`),
};

/** Values of `width` bytes each, one after the other; at least one, unless `allowNone`. */
export function listOf<T>(codec: Codec<T>, width: number, { allowNone = false } = {}): Codec<readonly T[]> {
  return {
    decode(bytes, field) {
      if (bytes.length % width !== 0 || (bytes.length === 0 && !allowNone)) {
        throw new DecodeError(field, 0, `needs a multiple of ${width} bytes, not ${bytes.length}`);
      }
      const values: T[] = [];
      for (let at = 0; at < bytes.length; at += width) {
        values.push(codec.decode(bytes.subarray(at, at + width), field));
      }
      return values;
    },
    encode: (values) => concat(values.map((value) => codec.encode(value))),
  };
}

/** `listOf(u8, 1)`, without a detour for each byte. */
export const listOfU8: Codec<readonly number[]> = {
  decode(bytes, field) {
    if (bytes.length === 0) throw new DecodeError(field, 0, "needs at least 1 byte, not 0");
    return Array.from(bytes);
  },
  encode: (values) => concat(values.map((value) => u8.encode(value))),
};

/** One byte that has a name in `names`. */
export function oneOf<Name extends string>(names: Readonly<Record<number, Name>>): Codec<Name> {
  const codes = new Map(Object.entries(names).map(([code, name]) => [name, Number(code)]));
  return {
    decode(bytes, field) {
      const code = u8.decode(bytes, field);
      const name = names[code];
      if (name === undefined) throw new DecodeError(field, 0, `has no value ${code}`);
      return name;
    },
    encode(name) {
      const code = codes.get(name);
      if (code === undefined) throw new RangeError(`"${name}" has no code`);
      return u8.encode(code);
    },
  };
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter(parts.reduce((sum, { length }) => sum + length, 0));
  for (const part of parts) writer.bytes(part);
  return writer.finish();
}

// Both keep nothing between calls: made once, not per option of every packet.
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// C0, DEL and C1: the last begin escape sequences on some terminals as well.
const controlCharacter = /\p{Cc}/u;

function utf8(bytes: Uint8Array, field: string): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new DecodeError(field, 0, "is not UTF-8 text");
  }
}

function fixed<T>(
  width: number,
  read: (reader: ByteReader, field: string) => T,
  write: (writer: ByteWriter, value: T) => void,
): Codec<T> {
  return {
    decode(bytes, field) {
      exactly(width, bytes, field);
      return read(new ByteReader(bytes), field);
    },
    encode(value) {
      const writer = new ByteWriter(width);
      write(writer, value);
      return writer.finish();
    },
  };
}

function exactly(width: number, bytes: Uint8Array, field: string): void {
  if (bytes.length === width) return;
  throw new DecodeError(field, 0, `needs ${width} byte${width === 1 ? "" : "s"}, not ${bytes.length}`);
}
