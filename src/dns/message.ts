import { decode } from "dns-packet";
import { DecodeError } from "../core/errors.ts";
import { ByteReader } from "../wire/bytes.ts";
import { flags } from "./codes.ts";
import type { Question } from "./question.ts";
import { readQuestion } from "./question.ts";

/** RFC 1035 §4.1.1, its names in English. */
export type Header = Readonly<{
  id: number;
  isResponse: boolean;
  /** 0 is a standard query; the others are not served. */
  opcode: number;
  authoritative: boolean;
  truncated: boolean;
  recursionDesired: boolean;
  checkingDisabled: boolean;
  /** The low four bits; EDNS has the others. */
  rcode: number;
  qdcount: number;
  ancount: number;
  nscount: number;
  arcount: number;
}>;

/** What a client says about itself in the OPT record (RFC 6891 §6.1.3). */
export type Edns = Readonly<{ udpPayloadSize: number; version: number; dnssecOk: boolean }>;

export type Query = Readonly<{ header: Header; question: Question; edns?: Edns }>;

export function readHeader(reader: ByteReader): Header {
  const id = reader.u16("ID");
  const word = reader.u16("flags");
  return {
    id,
    isResponse: (word & flags.response) !== 0,
    opcode: (word >> 11) & 0xf,
    authoritative: (word & flags.authoritative) !== 0,
    truncated: (word & flags.truncated) !== 0,
    recursionDesired: (word & flags.recursionDesired) !== 0,
    checkingDisabled: (word & flags.checkingDisabled) !== 0,
    rcode: word & 0xf,
    qdcount: reader.u16("QDCOUNT"),
    ancount: reader.u16("ANCOUNT"),
    nscount: reader.u16("NSCOUNT"),
    arcount: reader.u16("ARCOUNT"),
  };
}

export function decodeHeader(bytes: Uint8Array): Header {
  return readHeader(new ByteReader(bytes));
}

/** OPT, TSIG or SIG(0), and one nobody has thought of yet. */
const mostAdditionals = 3;

/** A standard query. One question, as every client asks (RFC 9619), and nothing that only answers have. */
export function decodeQuery(bytes: Uint8Array): Query {
  const reader = new ByteReader(bytes);
  const header = readHeader(reader);
  if (header.isResponse) throw new DecodeError("QR", 2, "is a response, not a query");
  if (header.opcode !== 0) throw new DecodeError("OPCODE", 2, `${header.opcode} is no standard query`);
  if (header.qdcount !== 1) throw new DecodeError("QDCOUNT", 4, `must be 1, is ${header.qdcount}`);
  if (header.ancount !== 0) throw new DecodeError("ANCOUNT", 6, `must be 0, is ${header.ancount}`);
  if (header.nscount !== 0) throw new DecodeError("NSCOUNT", 8, `must be 0, is ${header.nscount}`);
  if (header.arcount > mostAdditionals) {
    throw new DecodeError("ARCOUNT", 10, `must be ${mostAdditionals} at most, is ${header.arcount}`);
  }
  const question = readQuestion(reader, bytes);
  const edns = ednsOf(bytes, reader.offset);
  return { header, question, ...(edns === undefined ? {} : { edns }) };
}

function ednsOf(bytes: Uint8Array, additionalsAt: number): Edns | undefined {
  const opts = additionalsOf(bytes).filter((record) => record.type === "OPT");
  if (opts.length > 1) throw new DecodeError("OPT", additionalsAt, "comes twice"); // RFC 6891 §6.1.1
  const [opt] = opts;
  if (opt === undefined) return undefined;
  if (opt.name !== ".") throw new DecodeError("OPT", additionalsAt, "belongs to a name other than the root");
  return { udpPayloadSize: opt.udpPayloadSize, version: opt.ednsVersion, dnssecOk: opt.flag_do };
}

/** The counts were checked before: the decoder makes room for as many records as the header promises. */
function additionalsOf(bytes: Uint8Array) {
  try {
    return decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).additionals ?? [];
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new DecodeError("additional records", 12, `cannot be read: ${problem}`);
  }
}
