import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";
import { listenFailed } from "./listen-failed.ts";

/** A UDP socket for an address that is written out: nothing in it ever asks DNS, which may be ourselves. */
export function udpSocket(address: string, recvBufferSize?: number): Socket {
  const family = isIPv6(address) ? 6 : 4;
  return createSocket({
    type: `udp${family}`,
    ...(recvBufferSize === undefined ? {} : { recvBufferSize }),
    lookup: (host, _options, callback) => callback(null, host, family),
  });
}

/** Bound and receiving, for the server of `protocol`. */
export async function listenUdp(
  protocol: string,
  address: string,
  port: number,
  recvBufferSize?: number,
): Promise<Socket> {
  const socket = udpSocket(address, recvBufferSize);
  try {
    const listening = once(socket, "listening"); // before `bind`, which says so at once when no name is looked up
    socket.bind(port, address);
    await listening;
    return socket;
  } catch (cause) {
    await closeUdp(socket);
    throw listenFailed(protocol, "udp", address, port, cause);
  }
}

export function closeUdp(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
