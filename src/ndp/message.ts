import { DecodeError } from "../core/errors.ts";

/**
 * Router Solicitation and Router Advertisement, the two ICMPv6 messages of router discovery (RFC 4861 §4.1, §4.2),
 * from the ICMPv6 type on. Checksums are the kernel's: it fills them in and checks them on ICMPv6 sockets (RFC 3542 §3.1).
 */

const typeOf = { routerSolicitation: 133, routerAdvertisement: 134 } as const;
const sourceLinkLayerAddress = 1; // RFC 4861 §4.6.1
const optionUnit = 8; // an option's length counts groups of eight bytes

export interface RouterSolicitation {
  /** In the usual colon form. Absent from a host that has no address yet. */
  sourceLinkLayerAddress?: string;
}

export interface RouterAdvertisement {
  /** 0: unspecified, hosts keep their own. */
  curHopLimit: number;
  /** M: addresses come from DHCPv6. */
  managed: boolean;
  /** O: other settings come from DHCPv6. */
  otherConfig: boolean;
  /** 0: not a default router, and nobody's default route. */
  routerLifetimeSeconds: number;
  reachableTimeMs: number;
  retransTimerMs: number;
}

export function decodeRouterSolicitation(bytes: Uint8Array): RouterSolicitation {
  expectMessage(bytes, typeOf.routerSolicitation, 8, "Router Solicitation");
  const address = readOptions(bytes, 8).get(sourceLinkLayerAddress);
  // The length of the address is the link's (RFC 2464 §6 for Ethernet): one unit holds exactly a MAC.
  return address?.length === 6 ? { sourceLinkLayerAddress: formatMac(address) } : {};
}

export function encodeRouterSolicitation(message: RouterSolicitation): Uint8Array {
  const { sourceLinkLayerAddress: mac } = message;
  const bytes = new Uint8Array(mac === undefined ? 8 : 16);
  bytes[0] = typeOf.routerSolicitation;
  if (mac !== undefined) bytes.set([sourceLinkLayerAddress, 1, ...parseMac(mac)], 8);
  return bytes;
}

/** Options (prefixes, MTU, DNS servers) are checked for shape and left out: a netboot segment advertises none. */
export function decodeRouterAdvertisement(bytes: Uint8Array): RouterAdvertisement {
  expectMessage(bytes, typeOf.routerAdvertisement, 16, "Router Advertisement");
  readOptions(bytes, 16);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint8(5);
  return {
    curHopLimit: view.getUint8(4),
    managed: (flags & 0x80) !== 0,
    otherConfig: (flags & 0x40) !== 0,
    routerLifetimeSeconds: view.getUint16(6),
    reachableTimeMs: view.getUint32(8),
    retransTimerMs: view.getUint32(12),
  };
}

export function encodeRouterAdvertisement(message: RouterAdvertisement): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, typeOf.routerAdvertisement);
  view.setUint8(4, message.curHopLimit);
  view.setUint8(5, (message.managed ? 0x80 : 0) | (message.otherConfig ? 0x40 : 0));
  view.setUint16(6, message.routerLifetimeSeconds);
  view.setUint32(8, message.reachableTimeMs);
  view.setUint32(12, message.retransTimerMs);
  return bytes;
}

function expectMessage(bytes: Uint8Array, type: number, headerBytes: number, name: string): void {
  if (bytes.length < headerBytes)
    throw new DecodeError(name, bytes.length, `needs ${headerBytes} bytes, has ${bytes.length}`);
  if (bytes[0] !== type) throw new DecodeError(`${name} type`, 0, `must be ${type}, is ${bytes[0]}`);
  if (bytes[1] !== 0) throw new DecodeError(`${name} code`, 1, `must be 0, is ${bytes[1]}`);
}

/** The first option of each kind. A length of zero makes the whole message invalid (RFC 4861 §6.1.1), and us loop. */
function readOptions(bytes: Uint8Array, start: number): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  let offset = start;
  while (offset < bytes.length) {
    const type = bytes[offset] ?? 0;
    const sizeBytes = (bytes[offset + 1] ?? 0) * optionUnit;
    if (sizeBytes === 0) throw new DecodeError(`option ${type} length`, offset, "is 0 or missing");
    if (offset + sizeBytes > bytes.length)
      throw new DecodeError(
        `option ${type}`,
        offset,
        `says ${sizeBytes} bytes, ${bytes.length - offset} remain`,
      );
    if (!options.has(type)) options.set(type, bytes.slice(offset + 2, offset + sizeBytes));
    offset += sizeBytes;
  }
  return options;
}

const formatMac = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");

const parseMac = (mac: string) => mac.split(":").map((byte) => Number.parseInt(byte, 16));
