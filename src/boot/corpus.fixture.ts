import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectFolder } from "../core/folders.ts";
import { readCapture } from "../wire/capture.ts";
import type { UdpDatagram } from "../wire/ethernet.ts";
import { udpDatagramOf } from "../wire/ethernet.ts";

const folder = join(projectFolder, "test", "corpus");

/** What real firmware, loaders and systems asked for, one name per boot (test/corpus/README.md). */
export const corpusNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith(".pcap"))
  .map((name) => name.replace(/\.pcap$/, ""))
  .sort();

export const corpusFile = (name: string): Uint8Array => readFileSync(join(folder, `${name}.pcap`));

/** Where the answers stand that a conversation got when somebody last looked at them. */
export const corpusGolden = (name: string): string => join(folder, `${name}.txt`);

export type CorpusRequest = Readonly<{ timeMs: number; datagram: UdpDatagram }>;

export function corpusRequests(name: string): CorpusRequest[] {
  return [...readCapture(corpusFile(name))].map(({ timeMs, linkType, bytes }) => {
    const datagram = udpDatagramOf(linkType, bytes);
    if (datagram && !datagram.cut) return { timeMs, datagram };
    throw new Error(`${name}.pcap holds a frame that is no whole UDP datagram`);
  });
}
