import { DecodeError } from "../core/errors.ts";
import { ByteReader, ByteWriter } from "../wire/bytes.ts";
import type { Codec } from "../wire/codec.ts";
import { text } from "../wire/codec.ts";

/**
 * RFC 3004 §4 wants length-prefixed instances; iPXE sends its name bare, and so do most `dhclient.conf`s. What reads
 * as instances to the last byte is taken as instances, everything else as one text.
 */
export const userClasses: Codec<readonly string[]> = {
  decode(bytes, field) {
    if (bytes.length === 0) throw new DecodeError(field, 0, "is empty");
    return instances(bytes, field) ?? [text.decode(bytes, field)];
  },
  encode(classes) {
    const writer = new ByteWriter();
    for (const name of classes) {
      const bytes = text.encode(name);
      if (bytes.length === 0) throw new RangeError("a user class is not empty");
      writer.u8(bytes.length).bytes(bytes);
    }
    return writer.finish();
  },
};

function instances(bytes: Uint8Array, field: string): string[] | undefined {
  const reader = new ByteReader(bytes);
  const found: string[] = [];
  while (reader.left > 0) {
    const length = reader.u8(field);
    if (length === 0 || length > reader.left) return undefined;
    found.push(text.decode(reader.take(length, field), field));
  }
  return found;
}
