import { crc32, inflateRawSync } from "node:zlib";
import { DecodeError } from "../../core/errors.ts";

/** One gzip stream of several that stand back to back. */
export interface GzipMember {
  /** As it stands in the file, header and trailer included: what signatures and digests are over. */
  compressed: Uint8Array;
  content: Uint8Array;
  /** Where the next one begins. */
  end: number;
}

// RFC 1952 §2.3.1, FLG.
const flags = { headerCrc: 2, extra: 4, name: 8, comment: 16 };
const trailerBytes = 8;

/**
 * Reads the gzip stream that begins at `offset`, and no byte more: zlib itself would run on into the next one, and an
 * apk's signature is over exactly one of them. More than `maxBytes` of content are refused before they are there.
 */
export function decodeGzipMember(
  bytes: Uint8Array,
  { field, maxBytes, offset = 0 }: { field: string; maxBytes: number; offset?: number },
): GzipMember {
  const begin = deflateOffset(bytes, offset, field);
  const { content, length } = inflate(bytes.subarray(begin), { field, offset: begin, maxBytes });
  const trailer = begin + length;
  const end = trailer + trailerBytes;
  if (end > bytes.length) throw new DecodeError(field, trailer, "the gzip stream has no end");
  const view = new DataView(bytes.buffer, bytes.byteOffset + trailer, trailerBytes);
  if (view.getUint32(0, true) !== crc32(content)) throw new DecodeError(field, trailer, "its CRC is wrong");
  if (view.getUint32(4, true) !== content.length % 2 ** 32) {
    throw new DecodeError(field, trailer + 4, "its length is wrong");
  }
  return { compressed: bytes.subarray(offset, end), content, end };
}

/** Behind the header, whose optional parts nobody needs (RFC 1952 §2.3). */
function deflateOffset(bytes: Uint8Array, offset: number, field: string): number {
  const flag = bytes[offset + 3] ?? 0;
  if (bytes[offset] !== 0x1f || bytes[offset + 1] !== 0x8b || bytes[offset + 2] !== 8) {
    throw new DecodeError(field, offset, "not a gzip stream");
  }
  let at = offset + 10;
  if (flag & flags.extra) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const text of [flags.name, flags.comment]) {
    if ((flag & text) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end === -1) throw new DecodeError(field, at, "the gzip header has no end");
    at = end + 1;
  }
  if (flag & flags.headerCrc) at += 2;
  if (at >= bytes.length) throw new DecodeError(field, offset, "the gzip header has no end");
  return at;
}

function inflate(
  bytes: Uint8Array,
  { field, offset, maxBytes }: { field: string; offset: number; maxBytes: number },
): { content: Uint8Array; length: number } {
  try {
    const inflated = inflateRawSync(bytes, { info: true, maxOutputLength: maxBytes });
    // With `info`, Node also hands out its engine, which the types do not say: it knows how much of the input it read.
    const { buffer, engine } = inflated as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return { content: buffer, length: engine.bytesWritten };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code === "ERR_BUFFER_TOO_LARGE" ? `holds more than ${maxBytes} bytes` : message;
    throw new DecodeError(field, offset, problem);
  }
}
