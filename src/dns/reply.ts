import type { Answer as PacketRecord } from "dns-packet";
import { encode } from "dns-packet";
import type { Rcode } from "./codes.ts";
import { flags, rcodes, types } from "./codes.ts";
import type { ForwardedAnswer } from "./forwarded-answer.ts";
import type { Header, Query } from "./message.ts";

/** One record of ours. */
export type ZoneRecord = Readonly<
  { name: string; ttlSeconds: number } & (
    | { type: "A" | "PTR" | "NS"; data: string }
    | { type: "SOA"; data: Readonly<{ mname: string; rname: string; minimum: number }> }
  )
>;

/** What we answer by ourselves. */
export type Answer = Readonly<{
  rcode: Rcode;
  /** AA: we are the source of it. */
  authoritative: boolean;
  answers: readonly ZoneRecord[];
  /** The zone's SOA, which says how long there is no such name or record (RFC 2308 §3). */
  authorities: readonly ZoneRecord[];
}>;

export type Sending = Readonly<{
  transport: "udp" | "tcp";
  /** RA: whether we ask others on a client's behalf. */
  recursionAvailable: boolean;
}>;

/** What crosses every network in one piece, and so the most we put in a datagram (DNS flag day 2020). */
const ourUdpPayloadSize = 1232;
/** Without EDNS (RFC 1035 §4.2.1). */
const plainUdpPayloadSize = 512;
const headerBytes = 12;

export function encodeAnswer(query: Query, answer: Answer, sending: Sending): Uint8Array {
  const sections = {
    answers: answer.answers.map(packetRecord),
    authorities: answer.authorities.map(packetRecord),
  };
  return assemble(query, sending, {
    flags: answer.authoritative ? flags.authoritative : 0,
    rcode: rcodes[answer.rcode],
    // Our names are written out, so nothing points to where it stands and the question can go in front.
    records: encode({ type: "response", ...sections }).subarray(headerBytes),
    ancount: sections.answers.length,
    nscount: sections.authorities.length,
  });
}

/** What a forwarder said, for this client: its id, its spelling of the question, and as much time as is left. */
export function encodeForwarded(
  query: Query,
  answer: ForwardedAnswer,
  ageSeconds: number,
  sending: Sending,
): Uint8Array {
  const message = new Uint8Array(answer.bytes);
  const view = new DataView(message.buffer);
  for (const { ttl, ttlAt } of answer.records) view.setUint32(ttlAt, Math.max(0, ttl - ageSeconds));
  return assemble(query, sending, {
    flags: 0,
    rcode: answer.rcode,
    // The question has the same length in every spelling, so what points into it still does.
    records: message.subarray(headerBytes + query.question.bytes.length, answer.end),
    ancount: answer.ancount,
    nscount: answer.nscount,
  });
}

/** For a message that could not be read further than its header: without its question. */
export function encodeHeaderOnly(header: Header, rcode: "FORMERR" | "NOTIMP"): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, header.id);
  const recursionDesired = header.recursionDesired ? flags.recursionDesired : 0;
  view.setUint16(2, flags.response | (header.opcode << 11) | recursionDesired | rcodes[rcode]);
  return bytes;
}

type Content = Readonly<{
  flags: number;
  rcode: number;
  records: Uint8Array;
  ancount: number;
  nscount: number;
}>;

/** A client that gets the truncated form asks again over TCP; half an answer would help it no sooner. */
function assemble(query: Query, sending: Sending, content: Content): Uint8Array {
  const whole = assembleWhole(query, sending, content);
  if (whole.length <= room(query, sending)) return whole;
  return assembleWhole(query, sending, {
    ...content,
    flags: content.flags | flags.truncated,
    records: new Uint8Array(),
    ancount: 0,
    nscount: 0,
  });
}

function assembleWhole({ header, question, edns }: Query, sending: Sending, content: Content): Uint8Array {
  const opt = edns === undefined ? new Uint8Array() : optRecord(content.rcode, edns.dnssecOk);
  const bytes = new Uint8Array(headerBytes + question.bytes.length + content.records.length + opt.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, header.id);
  view.setUint16(
    2,
    flags.response |
      content.flags |
      (header.recursionDesired ? flags.recursionDesired : 0) |
      (sending.recursionAvailable ? flags.recursionAvailable : 0) |
      (header.checkingDisabled ? flags.checkingDisabled : 0) | // RFC 4035 §3.1.6
      (content.rcode & 0xf),
  );
  view.setUint16(4, 1);
  view.setUint16(6, content.ancount);
  view.setUint16(8, content.nscount);
  view.setUint16(10, opt.length === 0 ? 0 : 1);
  bytes.set(question.bytes, headerBytes);
  bytes.set(content.records, headerBytes + question.bytes.length);
  bytes.set(opt, bytes.length - opt.length);
  return bytes;
}

function room({ edns }: Query, { transport }: Sending): number {
  if (transport === "tcp") return 0xffff; // RFC 1035 §4.2.2
  // Smaller than what is always allowed means that (RFC 6891 §6.2.3).
  return Math.min(Math.max(edns?.udpPayloadSize ?? 0, plainUdpPayloadSize), ourUdpPayloadSize);
}

/** RFC 6891 §6.1.2: the size we take, and of the result code what the header has no room for. */
export function optRecord(rcode: number, dnssecOk: boolean): Uint8Array {
  const bytes = new Uint8Array(11);
  const view = new DataView(bytes.buffer);
  view.setUint16(1, types.OPT);
  view.setUint16(3, ourUdpPayloadSize);
  view.setUint8(5, rcode >> 4);
  view.setUint16(7, dnssecOk ? 0x8000 : 0);
  return bytes;
}

function packetRecord(record: ZoneRecord): PacketRecord {
  const { name, ttlSeconds: ttl } = record;
  if (record.type !== "SOA") return { name, ttl, type: record.type, data: record.data };
  // Nobody transfers our zones, so all but the last of the numbers are for show.
  return {
    name,
    ttl,
    type: "SOA",
    data: { ...record.data, serial: 1, refresh: 3600, retry: 600, expire: 86_400 },
  };
}
