import { endianness } from "node:os";

/** `struct sockaddr_in6` of Linux: family, port and scope in the byte order the C library expects of each. */

export const afInet6 = 10;
export const sockaddrBytes = 28;

const littleEndian = endianness() === "LE";

/** `address` is one of the fixed groups we send to; `scope` the index of the interface it is meant on. */
export function encodeSocketAddress(address: Uint8Array, scope: number): Uint8Array {
  const bytes = new Uint8Array(sockaddrBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, afInet6, littleEndian);
  bytes.set(address, 8);
  view.setUint32(24, scope, littleEndian);
  return bytes;
}

/** The address alone, shortest form (RFC 5952). */
export function formatSocketAddress(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset + 8, 16);
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2).toString(16));
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1); // the URL parser shortens as RFC 5952 asks
}

/** `ff02::1` for all nodes, `ff02::2` for all routers of the link (RFC 4291 §2.7.1). */
export function linkGroup(id: number): Uint8Array {
  return Uint8Array.from([0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, id]);
}

/** An `int` as `setsockopt` reads it. */
export const cInt = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);
