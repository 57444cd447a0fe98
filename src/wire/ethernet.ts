import { formatIpv4 } from "./ipv4.ts";
import { formatMac } from "./mac.ts";

/** A UDP datagram over IPv4 and where it came from. */
export type UdpDatagram = Readonly<{
  /** Whose network card sent it; undefined on links without hardware addresses. */
  mac?: string;
  source: string;
  sourcePort: number;
  destination: string;
  destinationPort: number;
  payload: Uint8Array;
  /** The capture kept less of it than its length field says. */
  cut: boolean;
}>;

const ipv4Type = 0x0800;
/** IEEE 802.1Q, 802.1ad and what switches called it before. */
const vlanTypes = new Set([0x8100, 0x88a8, 0x9100]);
const udpProtocol = 17;

/** LINKTYPE_ numbers of tcpdump.org, and where an IPv4 packet begins on each; undefined when the frame holds none. */
const links: Readonly<Record<number, (frame: DataView) => number | undefined>> = {
  0: (frame) => (loopbackIsIpv4(frame) ? 4 : undefined), // NULL: the capturing host's AF_INET
  1: (frame) => behindType(frame, 12), // ETHERNET
  12: () => 0, // RAW as some systems number it
  101: () => 0, // RAW
  113: (frame) => behindType(frame, 14), // LINUX_SLL: `tcpdump -i any`
  228: () => 0, // IPV4
  276: (frame) => (type(frame, 0) === ipv4Type ? 20 : undefined), // LINUX_SLL2
};

/** The datagram in a captured frame, or undefined when it holds none: other protocols, fragments, damage. Never throws. */
export function udpDatagramOf(linkType: number, frame: Uint8Array): UdpDatagram | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const at = links[linkType]?.(view);
  if (at === undefined) return undefined;
  const datagram = readIpv4(view, frame, at);
  const mac = linkType === 1 ? formatMac(frame.subarray(6, 12)) : undefined;
  return datagram && mac !== undefined ? { mac, ...datagram } : datagram;
}

function readIpv4(view: DataView, frame: Uint8Array, at: number): UdpDatagram | undefined {
  if (view.byteLength < at + 20) return undefined;
  const first = view.getUint8(at);
  const headerLength = (first & 15) * 4;
  if (first >> 4 !== 4 || headerLength < 20 || view.getUint8(at + 9) !== udpProtocol) return undefined;
  // RFC 791 §3.1: more fragments, or not the first. DHCP fits one frame, so nothing is put together here.
  if ((view.getUint16(at + 6) & 0x3fff) !== 0) return undefined;
  const udp = at + headerLength;
  if (view.byteLength < udp + 8) return undefined;
  const length = view.getUint16(udp + 4) - 8;
  // The IP packet is the outer bound: behind it stands what Ethernet fills its shortest frame with.
  const room = view.getUint16(at + 2) - headerLength - 8;
  if (length < 0 || length > room) return undefined;
  const payload = frame.subarray(udp + 8, udp + 8 + length);
  return {
    source: formatIpv4(view.getUint32(at + 12)),
    sourcePort: view.getUint16(udp),
    destination: formatIpv4(view.getUint32(at + 16)),
    destinationPort: view.getUint16(udp + 2),
    payload,
    cut: payload.length < length,
  };
}

/** Where the packet begins behind an EtherType and any VLAN tags, of which there are at most two. */
function behindType(frame: DataView, typeAt: number): number | undefined {
  let at = typeAt;
  for (let tags = 0; tags < 2 && vlanTypes.has(type(frame, at) ?? 0); tags += 1) at += 4;
  return type(frame, at) === ipv4Type ? at + 2 : undefined;
}

function type(frame: DataView, at: number): number | undefined {
  return frame.byteLength >= at + 2 ? frame.getUint16(at) : undefined;
}

function loopbackIsIpv4(frame: DataView): boolean {
  return frame.byteLength >= 4 && (frame.getUint32(0) === 2 || frame.getUint32(0, true) === 2);
}
