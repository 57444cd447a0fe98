import type { UdpDatagram } from "./ethernet.ts";

/** DHCP's servers (RFC 2131 §4.1), PXE's boot servers (PXE 2.1 §2.2.4) and TFTP's first packet (RFC 1350 §4). */
export const bootRequestPorts: readonly number[] = [67, 4011, 69];
/** From where a client is answered by DHCP. TFTP answers from a port of its own, and they hold the file anyway. */
export const bootReplyPorts: readonly number[] = [67, 4011];

const bootReply = 2; // `op`, the first byte of every DHCP message

/** Whether a client says it to a server it boots from: what `decide` and its like are asked. */
export function isBootRequest({ destinationPort, payload }: UdpDatagram): boolean {
  if (!bootRequestPorts.includes(destinationPort)) return false;
  // Relays are answered at the servers' port.
  return destinationPort === 69 || payload[0] !== bootReply;
}

/** What a server says to a client or its relay, by DHCP. */
export function isBootReply({ sourcePort, payload }: UdpDatagram): boolean {
  return bootReplyPorts.includes(sourcePort) && payload[0] === bootReply;
}
