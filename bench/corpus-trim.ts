import { isBootRequest } from "../src/wire/boot-traffic.ts";
import { readCapture } from "../src/wire/capture.ts";
import { concat } from "../src/wire/codec.ts";
import { udpDatagramOf } from "../src/wire/ethernet.ts";
import { pcapFrame, pcapHeader } from "../src/wire/pcap.ts";

const ethernet = 1;
/** A loader that is given itself asks for ever. */
const mostFrames = 64;

/** What of a capture goes into the corpus: whole requests, their times counted from the first of them. */
export function requestsOnly(file: Uint8Array): { bytes: Uint8Array; frames: number } {
  const kept: Uint8Array[] = [];
  let begin: number | undefined;
  for (const { linkType, bytes, timeMs, originalLength } of readCapture(file)) {
    const datagram = linkType === ethernet ? udpDatagramOf(linkType, bytes) : undefined;
    if (!datagram || bytes.length < originalLength || !isBootRequest(datagram)) continue;
    begin ??= timeMs;
    kept.push(pcapFrame(timeMs - begin, bytes));
    if (kept.length === mostFrames) break;
  }
  return { bytes: concat([pcapHeader(), ...kept]), frames: kept.length };
}
