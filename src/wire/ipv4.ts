/**
 * IPv4 addresses are dotted text everywhere in dryboot, as people and logs write them, and numbers only while one
 * computes with them: in this file.
 */

const dot = 0x2e;
const zero = 0x30;

/** The address as an unsigned number, or undefined when the text is not four decimal bytes without leading zeros. */
export function parseIpv4(text: string): number | undefined {
  let value = 0;
  let byte = 0;
  let digits = 0;
  let dots = 0;
  // By hand: it is done some ten times per packet, and a regular expression allocates each time.
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === dot && digits > 0) {
      value = value * 256 + byte;
      byte = 0;
      digits = 0;
      dots += 1;
    } else if (code >= zero && code <= zero + 9 && !(digits > 0 && byte === 0)) {
      byte = byte * 10 + code - zero;
      digits += 1;
    } else {
      return undefined;
    }
    if (byte > 255) return undefined;
  }
  return dots === 3 && digits > 0 ? value * 256 + byte : undefined;
}

export function formatIpv4(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff_ffff) {
    throw new RangeError(`${value} is not an IPv4 address`);
  }
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** The number of an address that was checked before; anything else is our bug. */
export function ipv4Number(text: string): number {
  const value = parseIpv4(text);
  if (value === undefined) throw new RangeError(`"${text}" is not an IPv4 address`);
  return value;
}

/** One network: its first address and how many leading bits all its addresses share. */
export type Subnet = Readonly<{ network: string; prefixLength: number }>;

/** `"10.69.0.0/24"`; undefined when it is not a network, also when host bits are set (`10.69.0.1/24`). */
export function parseSubnet(text: string): Subnet | undefined {
  const [, network = "", length = ""] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? [];
  const first = parseIpv4(network);
  const prefixLength = Number(length);
  if (first === undefined || prefixLength > 32) return undefined;
  const subnet = { network, prefixLength };
  return (first & maskBits(subnet)) >>> 0 === first ? subnet : undefined;
}

export function formatSubnet({ network, prefixLength }: Subnet): string {
  return `${network}/${prefixLength}`;
}

/** `255.255.255.0` of a /24. */
export function subnetMaskOf(subnet: Subnet): string {
  return formatIpv4(maskBits(subnet));
}

/** The subnet-directed broadcast address, its last one. */
export function broadcastOf(subnet: Subnet): string {
  return formatIpv4((ipv4Number(subnet.network) | ~maskBits(subnet)) >>> 0);
}

export function isInSubnet(subnet: Subnet, address: string): boolean {
  const value = parseIpv4(address);
  return value !== undefined && (value & maskBits(subnet)) >>> 0 === ipv4Number(subnet.network);
}

/** True for an address a machine can have there: inside, and not the network's or the broadcast one (RFC 3021: a /31 has neither). */
export function isHostOf(subnet: Subnet, address: string): boolean {
  if (!isInSubnet(subnet, address)) return false;
  return subnet.prefixLength >= 31 || (address !== subnet.network && address !== broadcastOf(subnet));
}

function maskBits({ prefixLength }: Subnet): number {
  // A shift by 32 is a shift by 0 in JavaScript.
  return prefixLength === 0 ? 0 : (0xffff_ffff << (32 - prefixLength)) >>> 0;
}
