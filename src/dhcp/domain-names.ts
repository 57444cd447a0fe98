import { DecodeError } from "../core/errors.ts";
import { ByteReader, ByteWriter } from "../wire/bytes.ts";
import type { Codec } from "../wire/codec.ts";
import { text } from "../wire/codec.ts";

/**
 * A list of domain names in DNS form, which may point back into itself (RFC 3397 §2, RFC 1035 §4.1.4).
 * Written without pointers: nobody minds, and some readers cannot follow them.
 */
export const domainNames: Codec<readonly string[]> = {
  decode(bytes, field) {
    const names: string[] = [];
    let at = 0;
    while (at < bytes.length) {
      const { name, next } = readName(bytes, at, field);
      names.push(name);
      at = next;
    }
    return names;
  },
  encode(names) {
    const writer = new ByteWriter();
    for (const name of names) {
      for (const label of name.split(".")) {
        const bytes = text.encode(label);
        if (bytes.length === 0 || bytes.length > 63) throw new RangeError(`"${name}" is not a domain name`);
        writer.u8(bytes.length).bytes(bytes);
      }
      writer.u8(0);
    }
    return writer.finish();
  },
};

function readName(bytes: Uint8Array, start: number, field: string): { name: string; next: number } {
  const labels: string[] = [];
  let at = start;
  let next: number | undefined;
  for (let length = 0; ; ) {
    const reader = new ByteReader(bytes.subarray(at));
    const head = reader.u8(field);
    if (head === 0) return { name: labels.join("."), next: next ?? at + 1 };
    if (head >= 0xc0) {
      const target = ((head & 0x3f) << 8) | reader.u8(field);
      // Only backwards, so a circle passes a label each time round and ends at the longest name allowed.
      if (target >= at) throw new DecodeError(field, at, "points forward");
      next ??= at + 2;
      at = target;
      continue;
    }
    if (head > 63) throw new DecodeError(field, at, "has a label longer than 63 bytes");
    length += head + 1;
    if (length > 254) throw new DecodeError(field, at, "has a name longer than 255 bytes");
    labels.push(text.decode(reader.take(head, field), field));
    at += head + 1;
  }
}
