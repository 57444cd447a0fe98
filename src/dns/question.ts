import { DecodeError } from "../core/errors.ts";
import type { ByteReader } from "../wire/bytes.ts";

export type Question = Readonly<{
  /** In lower case and without the final dot, `.` for the root: two spellings of one name are one text. */
  name: string;
  type: number;
  class: number;
  /** As it was asked: the answer repeats it, also its upper and lower case. */
  bytes: Uint8Array;
}>;

/**
 * The question at the reader's place. What a name may hold is anything, dots inside of labels too, so such bytes are
 * written as RFC 1035 §5.1 does (`\046`): the text is safe to print and stands for one name only.
 */
export function readQuestion(reader: ByteReader, message: Uint8Array): Question {
  const start = reader.offset;
  const name = readName(reader);
  const type = reader.u16("QTYPE");
  const qclass = reader.u16("QCLASS");
  return { name, type, class: qclass, bytes: new Uint8Array(message.subarray(start, reader.offset)) };
}

function readName(reader: ByteReader): string {
  const start = reader.offset;
  const labels: string[] = [];
  for (;;) {
    const length = reader.u8("QNAME");
    if (length === 0) return labels.length === 0 ? "." : labels.join(".");
    // Before the first name there is none to point back to (RFC 1035 §4.1.4).
    if (length > 63) throw new DecodeError("QNAME", reader.offset - 1, "has a label longer than 63 bytes");
    labels.push(Array.from(reader.take(length, "QNAME"), labelCharacter).join(""));
    if (reader.offset - start > 254) throw new DecodeError("QNAME", start, "is longer than 255 bytes");
  }
}

function labelCharacter(byte: number): string {
  const text = String.fromCharCode(byte);
  if (/[A-Z]/.test(text)) return text.toLowerCase();
  return /[!-~]/.test(text) && !/[.\\]/.test(text) ? text : `\\${String(byte).padStart(3, "0")}`;
}

/** Whether two questions are one, upper and lower case aside (RFC 1035 §2.3.3). */
export function sameQuestion(a: Question, b: Question): boolean {
  return a.name === b.name && a.type === b.type && a.class === b.class;
}
