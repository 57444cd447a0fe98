import { DecodeError } from "../core/errors.ts";
import { CaptureReader } from "./capture-reader.ts";
import type { CapturedPacket } from "./pcap.ts";
import { longestFrame } from "./pcap.ts";

/** Block types of draft-ietf-opsawg-pcapng §4; all others are passed over, as it asks. */
const sectionHeader = 0x0a0d0d0a;
const interfaceDescription = 1;
const packet = 2; // obsolete, and still in old files
const simplePacket = 3;
const enhancedPacket = 6;

const byteOrderMagic = 0x1a2b3c4d;
const timeResolution = 9; // option if_tsresol, §4.2
const timeOffset = 14; // option if_tsoffset
/** A section with more is no capture: the list is all that is kept of a file. */
const mostInterfaces = 4096;

type Interface = Readonly<{ linkType: number; snapLength: number; ticksPerMs: number; offsetMs: number }>;

export function* readPcapng(file: Uint8Array): Generator<CapturedPacket> {
  const reader = new CaptureReader(file);
  let interfaces: Interface[] = [];
  while (reader.left > 0) {
    const start = reader.offset;
    const { type, body } = readBlock(reader, file);
    if (type === sectionHeader) {
      interfaces = [];
    } else if (type === interfaceDescription) {
      if (interfaces.length >= mostInterfaces) throw new DecodeError("interfaces", start, "are too many");
      interfaces.push(readInterface(body));
    } else {
      const found = readPacket(type, body, interfaces, start);
      if (found) yield found;
    }
  }
}

function readBlock(reader: CaptureReader, file: Uint8Array): { type: number; body: CaptureReader } {
  const start = reader.offset;
  const type = reader.u32("block type");
  // This type reads the same in both byte orders, and every section may have its own (§4.1).
  if (type === sectionHeader) reader.littleEndian = sectionIsLittle(file, start);
  const length = reader.u32("block length");
  if (length < 12 || length % 4 !== 0) throw new DecodeError("block length", start + 4, `is ${length}`);
  const body = new CaptureReader(reader.take(length - 12, "block"));
  body.littleEndian = reader.littleEndian;
  const again = reader.u32("block length, repeated");
  if (again === length) return { type, body };
  throw new DecodeError("block length", start, `is ${length} in front and ${again} behind`);
}

function sectionIsLittle(file: Uint8Array, start: number): boolean {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < start + 12) throw new DecodeError("byte order", start + 8, "is cut off");
  if (view.getUint32(start + 8) === byteOrderMagic) return false;
  if (view.getUint32(start + 8, true) === byteOrderMagic) return true;
  throw new DecodeError("byte order", start + 8, "is neither big nor little");
}

function readInterface(body: CaptureReader): Interface {
  const linkType = body.u16("link type");
  body.u16("reserved");
  const snapLength = body.u32("snap length");
  let ticksPerMs = 1000; // microseconds unless the option says otherwise
  let offsetMs = 0;
  while (body.left >= 4) {
    const code = body.u16("option code");
    const length = body.u16("option length");
    if (code === 0) break;
    const value = new CaptureReader(body.take(length, "option"));
    value.littleEndian = body.littleEndian;
    body.take(Math.min(body.left, -length & 3), "padding");
    if (code === timeResolution && length === 1) ticksPerMs = resolution(value.u8("time resolution"));
    if (code === timeOffset && length === 8) offsetMs = wide(value, "time offset") * 1000;
  }
  return { linkType, snapLength, ticksPerMs, offsetMs };
}

/** A negative power of ten, or of two when the top bit is set; in ticks per millisecond. */
function resolution(byte: number): number {
  return (byte & 0x80 ? 2 ** (byte & 0x7f) : 10 ** byte) / 1000;
}

function readPacket(
  type: number,
  body: CaptureReader,
  interfaces: readonly Interface[],
  start: number,
): CapturedPacket | undefined {
  if (type === simplePacket) {
    const from = interfaceAt(interfaces, 0, start);
    const originalLength = body.u32("original length");
    // It does not say how much was kept: the rest of the block but for padding, or the snap length.
    const most = from.snapLength === 0 ? originalLength : Math.min(originalLength, from.snapLength);
    return {
      timeMs: 0,
      linkType: from.linkType,
      bytes: frame(body, Math.min(most, body.left)),
      originalLength,
    };
  }
  if (type !== enhancedPacket && type !== packet) return undefined;
  const number = type === packet ? body.u16("interface") : body.u32("interface");
  if (type === packet) body.u16("drops");
  const from = interfaceAt(interfaces, number, start);
  const high = body.u32("time, high");
  const ticks = high * 2 ** 32 + body.u32("time, low");
  const length = body.u32("captured length");
  const originalLength = body.u32("original length");
  const timeMs = ticks / from.ticksPerMs + from.offsetMs;
  return { timeMs, linkType: from.linkType, bytes: frame(body, length), originalLength };
}

function frame(body: CaptureReader, length: number): Uint8Array {
  if (length > longestFrame) throw new DecodeError("captured length", body.offset, `is ${length} bytes`);
  return body.take(length, "frame");
}

function interfaceAt(interfaces: readonly Interface[], number: number, start: number): Interface {
  const found = interfaces[number];
  if (!found) throw new DecodeError("interface", start, `${number} was not described`);
  return found;
}

function wide(reader: CaptureReader, field: string): number {
  if (reader.littleEndian) {
    const low = reader.u32(field);
    return reader.u32(field) * 2 ** 32 + low;
  }
  const high = reader.u32(field);
  return high * 2 ** 32 + reader.u32(field);
}
