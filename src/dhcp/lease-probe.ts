import { createSocket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Who answers at which of these addresses, by MAC. */
export type Neighbours = (
  addresses: readonly string[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, string>>;

const discardPort = 9; // RFC 863
/** A host on the same network answers ARP within milliseconds, one that saves power within some hundreds. */
const answerWithinMs = 700;

/**
 * Asks by ARP, as RFC 2131 §4.4.1 has clients do and better than by ping, which many hosts drop. An empty datagram
 * makes the kernel ask for us, and its table says who answered: no raw socket, no root.
 */
export const arpNeighbours: Neighbours = async (addresses, signal) => {
  const socket = createSocket("udp4");
  socket.on("error", () => undefined); // an ICMP error is an answer too, but ARP came before it
  try {
    for (const address of addresses) socket.send(new Uint8Array(), discardPort, address, () => undefined);
    await sleep(answerWithinMs, undefined, { signal });
  } finally {
    socket.close();
  }
  const known = parseArpTable(await readFile("/proc/net/arp", "latin1"));
  return new Map([...known].filter(([address]) => addresses.includes(address)));
};

/** The complete entries of the kernel's table: flag 2 (ATF_COM of if_arp.h), a question nobody answered has 0. */
export function parseArpTable(text: string): Map<string, string> {
  const complete = new Map<string, string>();
  for (const line of text.split("\n").slice(1)) {
    const [address = "", , flags = "0", mac = ""] = line.split(/\s+/);
    if ((Number(flags) & 2) !== 0) complete.set(address, mac);
  }
  return complete;
}
