import { DecodeError } from "../core/errors.ts";
import { ByteReader, ByteWriter } from "../wire/bytes.ts";
import type { Codec, ValueOf } from "../wire/codec.ts";
import { concat } from "../wire/codec.ts";

/** The shape DHCP options share with what PXE and iPXE encapsulate in options 43 and 175: code, length, value. */
export type OptionTable = Readonly<Record<string, Readonly<{ code: number; codec: Codec<unknown> }>>>;

export type ValuesOf<Table extends OptionTable> = { [Name in keyof Table]?: ValueOf<Table[Name]["codec"]> };

export type DecodedFields<Values> = {
  known: Values;
  /** Kept as sent: relays and firmware quirks need them. Malformed ones are here too. */
  unknown: Map<number, Uint8Array>;
  /** One bad option never hides the others. */
  issues: DecodeError[];
};

const pad = 0;
const end = 255;

/** Adds what `bytes` hold to `parts`. Strict about the frame: a length past the end is a `DecodeError`. */
export function collectFields(bytes: Uint8Array, parts: Map<number, Uint8Array[]>): void {
  const reader = new ByteReader(bytes);
  while (reader.left > 0) {
    const code = reader.u8("option code");
    if (code === end) return; // a missing end is forgiven: some clients stop where their packet stops
    if (code === pad) continue;
    const value = reader.take(reader.u8(`length of option ${code}`), `option ${code}`);
    const earlier = parts.get(code);
    if (earlier) earlier.push(value);
    else parts.set(code, [value]);
  }
}

/** Joins the parts of an option that came in several (RFC 3396 §7). */
export function joinFields(parts: ReadonlyMap<number, readonly Uint8Array[]>): Map<number, Uint8Array> {
  const joined = new Map<number, Uint8Array>();
  for (const [code, values] of parts) {
    const [only = new Uint8Array()] = values;
    joined.set(code, values.length === 1 ? only : concat(values));
  }
  return joined;
}

/** A reader for one table. `kind` begins the name of a field in an error: `option 54 (serverIdentifier)`. */
export function fieldReader<Table extends OptionTable>(table: Table, kind: string) {
  const rows = new Map(Object.entries(table).map(([name, { code, codec }]) => [code, { name, codec }]));
  return (fields: ReadonlyMap<number, Uint8Array>): DecodedFields<ValuesOf<Table>> => {
    const known: Record<string, unknown> = {};
    const unknown = new Map<number, Uint8Array>();
    const issues: DecodeError[] = [];
    for (const [code, value] of fields) {
      const row = rows.get(code);
      if (row) {
        try {
          known[row.name] = row.codec.decode(value, `${kind} ${code} (${row.name})`);
          continue;
        } catch (error) {
          if (!(error instanceof DecodeError)) throw error;
          issues.push(error);
        }
      }
      unknown.set(code, value);
    }
    return { known: known as ValuesOf<Table>, unknown, issues };
  };
}

/** One field; one that is longer than 255 bytes becomes several with the same code (RFC 3396 §5). */
export function writeField(writer: ByteWriter, code: number, value: Uint8Array): void {
  let at = 0;
  do {
    const part = value.length <= 255 ? value : value.subarray(at, at + 255);
    writer.u8(code).u8(part.length).bytes(part);
    at += part.length;
  } while (at < value.length);
}

/** All values of one table in its order, without an end mark. */
export function encodeFields<Table extends OptionTable>(table: Table, values: ValuesOf<Table>): Uint8Array {
  const writer = new ByteWriter();
  for (const [name, { code, codec }] of Object.entries(table)) {
    const value = values[name as keyof Table];
    if (value !== undefined) writeField(writer, code, codec.encode(value));
  }
  return writer.finish();
}
