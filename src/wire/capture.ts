import { DecodeError } from "../core/errors.ts";
import type { CapturedPacket } from "./pcap.ts";
import { readPcap } from "./pcap.ts";
import { readPcapng } from "./pcapng.ts";

/**
 * The frames of a pcap or pcapng file, in its order. Memory stays at one frame, whatever the file says. A file that ends
 * in the middle of a frame, as one does that is still being written, yields all before it and then throws `DecodeError`.
 */
export function readCapture(file: Uint8Array): Generator<CapturedPacket> {
  const magic = magicOf(file);
  if (magic === "0a0d0d0a") return readPcapng(file);
  if (pcapMagics.has(magic)) return readPcap(file);
  throw new DecodeError("magic number", 0, "is neither pcap's nor pcapng's");
}

const pcapMagics = new Set(["d4c3b2a1", "a1b2c3d4", "4d3cb2a1", "a1b23c4d"]);

function magicOf(file: Uint8Array): string {
  if (file.length < 4) throw new DecodeError("magic number", 0, `needs 4 bytes, ${file.length} left`);
  return Array.from(file.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
