import { DecodeError } from "../core/errors.ts";
import { ByteReader, ByteWriter } from "../wire/bytes.ts";
import { text } from "../wire/codec.ts";
import { formatIpv4, ipv4Number } from "../wire/ipv4.ts";
import { decodeOptions } from "./decode-options.ts";
import { encodeOptions } from "./encode-options.ts";
import type { DhcpOptions } from "./options.ts";

/** A BOOTP header and its options, in RFC 2131 §2's names. `hlen` is `chaddr.length`. */
export type DhcpMessage = Readonly<{
  op: "BOOTREQUEST" | "BOOTREPLY";
  htype: number;
  hops: number;
  xid: number;
  secs: number;
  flags: number;
  ciaddr: string;
  yiaddr: string;
  siaddr: string;
  giaddr: string;
  chaddr: Uint8Array;
  sname: string;
  file: string;
  options: Readonly<DhcpOptions>;
}>;

export type DecodedMessage = DhcpMessage &
  Readonly<{
    /** Options without a row in our table, and those that were malformed, as sent. */
    unknown: ReadonlyMap<number, Uint8Array>;
    issues: readonly DecodeError[];
  }>;

export const broadcastFlag = 0x8000; // RFC 2131 §2, figure 2
export const anyAddress = "0.0.0.0";

const magicCookie = 0x63825363; // RFC 2131 §3
const snameLength = 64;
const fileLength = 128;

/** Strict about the header, tolerant of options: a bad one is an issue of the message, not its end. */
export function decodeMessage(bytes: Uint8Array): DecodedMessage {
  const reader = new ByteReader(bytes);
  const op = reader.u8("op");
  if (op !== 1 && op !== 2) throw new DecodeError("op", 0, `is neither request nor reply but ${op}`);
  const htype = reader.u8("htype");
  const hlen = reader.u8("hlen");
  if (hlen > 16) throw new DecodeError("hlen", 2, `is ${hlen}, but chaddr has 16 bytes`);
  const fixed = {
    op: op === 1 ? ("BOOTREQUEST" as const) : ("BOOTREPLY" as const),
    htype,
    hops: reader.u8("hops"),
    xid: reader.u32("xid"),
    secs: reader.u16("secs"),
    flags: reader.u16("flags"),
    ciaddr: formatIpv4(reader.u32("ciaddr")),
    yiaddr: formatIpv4(reader.u32("yiaddr")),
    siaddr: formatIpv4(reader.u32("siaddr")),
    giaddr: formatIpv4(reader.u32("giaddr")),
    chaddr: reader.take(16, "chaddr").slice(0, hlen),
  };
  const sname = reader.take(snameLength, "sname");
  const file = reader.take(fileLength, "file");
  const cookieAt = reader.offset;
  if (reader.u32("magic cookie") !== magicCookie) {
    throw new DecodeError("magic cookie", cookieAt, "is not DHCP's: plain BOOTP, or no DHCP at all");
  }
  const { known, unknown, issues } = decodeOptions(reader.take(reader.left, "options"), file, sname);
  const overload = known.optionOverload ?? 0;
  const headerText = (field: string, value: Uint8Array, bit: number) => {
    if ((overload & bit) !== 0) return "";
    try {
      return text.decode(value, field);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      issues.push(error);
      return "";
    }
  };
  return {
    ...fixed,
    sname: headerText("sname", sname, 2),
    file: headerText("file", file, 1),
    options: known,
    unknown,
    issues,
  };
}

/** RFC 1542 §2.1: BOOTP's 64-byte vendor field made every message 300 bytes long, and old ROMs drop shorter ones. */
const shortestMessage = 300;

/**
 * The whole message. A `sname` or `file` that does not fit with its NUL is left empty: cut in two it would name
 * something else, and options 66 and 67 have room for it.
 */
export function encodeMessage(message: DhcpMessage): Uint8Array {
  if (last?.message !== message) last = { message, bytes: encode(message) };
  return last.bytes;
}

/** A reply is measured (`fitted`) and then sent: encoding it takes most of the time an answer takes. */
let last: Readonly<{ message: DhcpMessage; bytes: Uint8Array }> | undefined;

function encode(message: DhcpMessage): Uint8Array {
  const writer = new ByteWriter();
  writer
    .u8(message.op === "BOOTREQUEST" ? 1 : 2)
    .u8(message.htype)
    .u8(message.chaddr.length)
    .u8(message.hops)
    .u32(message.xid)
    .u16(message.secs)
    .u16(message.flags);
  for (const address of [message.ciaddr, message.yiaddr, message.siaddr, message.giaddr]) {
    writer.u32(ipv4Number(address));
  }
  writer.bytes(message.chaddr).padTo(44);
  writer.bytes(whole(message.sname, snameLength)).padTo(44 + snameLength);
  writer.bytes(whole(message.file, fileLength)).padTo(44 + snameLength + fileLength);
  writer.u32(magicCookie).bytes(encodeOptions(message.options));
  return writer.padTo(shortestMessage).finish();
}

function whole(value: string, room: number): Uint8Array {
  const bytes = text.encode(value);
  return bytes.length < room ? bytes : new Uint8Array();
}
