/** Headers of a segment with all its options, and enough of what it carries to see what it is. */
const beginning = 160;
/** File data is not: the trace tells who fetched what, and the image has it. */
const tftpData = 3;

/**
 * How much of an Ethernet frame a trace keeps. What decides a boot (DHCP, ARP, DNS, router advertisements, requests and
 * short answers) is kept whole; of what is fetched, only the beginning of each packet.
 */
export function bytesWorthKeeping(frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length <= beginning || view.getUint16(12) !== 0x0800) return frame.length;
  const headerLength = (view.getUint8(14) & 15) * 4;
  const at = 14 + headerLength;
  const protocol = view.getUint8(23);
  if ((protocol !== 6 && protocol !== 17) || frame.length < at + 12) return frame.length;
  const [source, destination] = [view.getUint16(at), view.getUint16(at + 2)];
  // What is asked over HTTP is as telling as a DHCP message.
  if (protocol === 6) return destination === 80 ? frame.length : beginning;
  const known = [source, destination].some((port) => whole.has(port));
  return !known && view.getUint16(at + 8) === tftpData ? beginning : frame.length;
}

/** DNS, DHCP, NTP, syslog, PXE's boot server, multicast DNS. */
const whole = new Set([53, 67, 68, 123, 514, 4011, 5353]);
