import { DecodeError } from "../core/errors.ts";
import { ByteReader } from "../wire/bytes.ts";
import { rcodes, types } from "./codes.ts";
import type { Header } from "./message.ts";
import { readHeader } from "./message.ts";
import type { Question } from "./question.ts";
import { readQuestion } from "./question.ts";

/**
 * What a forwarder answered. Its records are passed on as the bytes they are: types newer than any table, signatures
 * and odd names then reach the client unharmed. The additional section is left out, which every client can do without.
 */
export type ForwardedAnswer = Readonly<{
  header: Header;
  question: Question;
  /** With the bits that the OPT record adds. */
  rcode: number;
  bytes: Uint8Array;
  /** Where the authority section ends; nothing before points behind it (RFC 1035 §4.1.4). */
  end: number;
  ancount: number;
  nscount: number;
  /** Of the answer and authority sections, in order. */
  records: readonly RecordPlace[];
  /** How long it may be kept: the shortest life in it, or what its SOA says of a missing name or record. */
  lifetimeSeconds: number;
}>;

type RecordPlace = Readonly<{
  type: number;
  ttl: number;
  ttlAt: number;
  dataAt: number;
  dataEnd: number;
}>;

/** Over UDP 4096 bytes at most, and 65,535 over TCP: each record takes at least 11 of them. */
export function decodeForwarded(message: Uint8Array): ForwardedAnswer {
  const bytes = new Uint8Array(message); // a copy, which `slice` of a Buffer is not
  const reader = new ByteReader(bytes);
  const header = readHeader(reader);
  if (!header.isResponse) throw new DecodeError("QR", 2, "is a query, not a response");
  if (header.opcode !== 0) throw new DecodeError("OPCODE", 2, `${header.opcode} is no answer to a query`);
  if (header.qdcount !== 1) throw new DecodeError("QDCOUNT", 4, `must be 1, is ${header.qdcount}`);
  const question = readQuestion(reader, bytes);
  // A truncated answer may end anywhere, and is asked for again.
  const { ancount, nscount, arcount } = header.truncated ? { ancount: 0, nscount: 0, arcount: 0 } : header;
  const answers = readRecords(reader, ancount);
  const authorities = readRecords(reader, nscount);
  const end = reader.offset;
  const opt = readRecords(reader, arcount).find(({ type }) => type === types.OPT);
  const rcode = header.rcode | (opt === undefined ? 0 : (bytes[opt.ttlAt] ?? 0) << 4);
  return {
    header,
    question,
    rcode,
    bytes,
    end,
    ancount,
    nscount,
    records: [...answers, ...authorities],
    lifetimeSeconds: lifetime(bytes, rcode, question, answers, authorities),
  };
}

function readRecords(reader: ByteReader, count: number): RecordPlace[] {
  const records: RecordPlace[] = [];
  for (let index = 0; index < count; index += 1) records.push(readRecord(reader));
  return records;
}

function readRecord(reader: ByteReader): RecordPlace {
  skipName(reader);
  const type = reader.u16("TYPE");
  reader.u16("CLASS");
  const ttlAt = reader.offset;
  const ttl = reader.u32("TTL");
  const length = reader.u16("RDLENGTH");
  const dataAt = reader.offset;
  reader.take(length, "RDATA");
  // With its highest bit set it means nothing at all (RFC 2181 §8).
  return { type, ttl: ttl > 0x7fff_ffff ? 0 : ttl, ttlAt, dataAt, dataEnd: reader.offset };
}

function skipName(reader: ByteReader): void {
  const start = reader.offset;
  for (;;) {
    const at = reader.offset;
    const length = reader.u8("NAME");
    if (length === 0) return;
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | reader.u8("NAME");
      if (target >= start) throw new DecodeError("NAME", at, "points forward");
      return;
    }
    if (length > 63) throw new DecodeError("NAME", at, "has a label longer than 63 bytes");
    reader.take(length, "NAME");
    if (reader.offset - start > 254) throw new DecodeError("NAME", start, "is longer than 255 bytes");
  }
}

/** No name or no such record is kept as long as the zone's SOA says, and without one not at all (RFC 2308 §5). */
function lifetime(
  bytes: Uint8Array,
  rcode: number,
  question: Question,
  answers: readonly RecordPlace[],
  authorities: readonly RecordPlace[],
): number {
  if (rcode !== rcodes.NOERROR && rcode !== rcodes.NXDOMAIN) return 0;
  const shortest = Math.min(...[...answers, ...authorities].map(({ ttl }) => ttl));
  const isPositive =
    rcode === rcodes.NOERROR &&
    answers.some(({ type }) => type === question.type || question.type === types.ANY);
  if (isPositive) return shortest;
  const soa = authorities.find(({ type }) => type === types.SOA);
  if (soa === undefined || soa.dataEnd - soa.dataAt < 22) return 0; // two names and five numbers (RFC 1035 §3.3.13)
  const minimum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(soa.dataEnd - 4);
  return Math.min(shortest, minimum);
}
