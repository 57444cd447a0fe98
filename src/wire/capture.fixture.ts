import { concat } from "./codec.ts";
import { ipv4Number } from "./ipv4.ts";
import { pcapFrame, pcapHeader } from "./pcap.ts";

export const hex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));

/** A UDP datagram as an Ethernet frame, for captures made up by tests. */
export function udpFrame(
  source: readonly [address: string, port: number],
  destination: readonly [address: string, port: number],
  payload: Uint8Array,
): Uint8Array {
  const frame = new Uint8Array(42 + payload.length);
  const view = new DataView(frame.buffer);
  frame.set(hex("ffffffffffff 52540069000a 0800 45"));
  view.setUint16(16, 28 + payload.length);
  frame.set(hex("40 11"), 22);
  view.setUint32(26, ipv4Number(source[0]));
  view.setUint32(30, ipv4Number(destination[0]));
  view.setUint16(34, source[1]);
  view.setUint16(36, destination[1]);
  view.setUint16(38, 8 + payload.length);
  frame.set(payload, 42);
  return frame;
}

/** A pcap file with one frame per second. */
export function pcapFile(frames: readonly Uint8Array[]): Uint8Array {
  return concat([pcapHeader(), ...frames.map((frame, index) => pcapFrame(1000 * (index + 1), frame))]);
}
