import { DecodeError } from "../core/errors.ts";
import { CaptureReader } from "./capture-reader.ts";

/** One frame of a capture file. */
export type CapturedPacket = Readonly<{
  /** Milliseconds since the epoch; 0 where the file does not say (pcapng's simple packets). */
  timeMs: number;
  /** What `bytes` begin with, as a LINKTYPE_ number of tcpdump.org: 1 is Ethernet. */
  linkType: number;
  /** A view into the file. Shorter than the frame was when the capture cut it. */
  bytes: Uint8Array;
  originalLength: number;
}>;

/** No capture tool cuts later than this (libpcap's `MAXIMUM_SNAPLEN`): a longer frame is a damaged file. */
export const longestFrame = 262_144;

const microseconds = 0xa1b2c3d4;
const nanoseconds = 0xa1b23c4d;
const ethernet = 1;

/** The format of libpcap (draft-ietf-opsawg-pcap): a header of 24 bytes, and 16 in front of every frame. */
export function* readPcap(file: Uint8Array): Generator<CapturedPacket> {
  const reader = new CaptureReader(file);
  const magic = reader.u32("magic number");
  if (magic !== microseconds && magic !== nanoseconds) {
    reader.littleEndian = true;
  }
  const fraction = magic === nanoseconds || magic === swapped(nanoseconds) ? 1e6 : 1e3;
  reader.take(16, "file header"); // version, two fields nobody uses, and the snap length, which some tools get wrong
  const linkType = reader.u32("link type") & 0xffff; // the upper half may say how long the checksum is
  while (reader.left > 0) {
    const seconds = reader.u32("time");
    const parts = reader.u32("fraction of the time");
    const at = reader.offset;
    const length = reader.u32("captured length");
    const originalLength = reader.u32("original length");
    if (length > longestFrame) throw new DecodeError("captured length", at, `is ${length} bytes`);
    yield {
      timeMs: seconds * 1000 + parts / fraction,
      linkType,
      bytes: reader.take(length, "frame"),
      originalLength,
    };
  }
}

/** What stands in front of a frame, and of the first one; of a file as `pcapHeader` and QEMU on a PC begin it. */
export const pcapBytes = { fileHeader: 24, frameHeader: 16 } as const;

/** The frame that stands there in such a file, and where it ends; undefined while it is not whole. */
export function pcapFrameAt(file: Uint8Array, at: number): (CapturedPacket & { end: number }) | undefined {
  const begin = at + pcapBytes.frameHeader;
  if (file.length < begin) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = view.getUint32(at + 8, true);
  if (length > longestFrame) throw new DecodeError("captured length", at + 8, `is ${length} bytes`);
  if (file.length < begin + length) return undefined;
  return {
    timeMs: view.getUint32(at, true) * 1000 + view.getUint32(at + 4, true) / 1000,
    linkType: ethernet,
    bytes: file.subarray(begin, begin + length),
    originalLength: view.getUint32(at + 12, true),
    end: begin + length,
  };
}

/** What a file begins with: microseconds, little-endian, as every tool reads it. */
export function pcapHeader(linkType = ethernet): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, microseconds, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, longestFrame, true);
  view.setUint32(20, linkType, true);
  return new Uint8Array(view.buffer);
}

/** One whole frame as it stands in the file; append it to what `pcapHeader` began. */
export function pcapFrame(timeMs: number, bytes: Uint8Array): Uint8Array {
  const micros = Math.round(timeMs * 1000);
  const frame = new Uint8Array(16 + bytes.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, Math.floor(micros / 1e6), true);
  view.setUint32(4, micros % 1e6, true);
  view.setUint32(8, bytes.length, true);
  view.setUint32(12, bytes.length, true);
  frame.set(bytes, 16);
  return frame;
}

function swapped(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value);
  return view.getUint32(0, true);
}
