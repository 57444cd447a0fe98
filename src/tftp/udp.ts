import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";

export type UdpSocket = Socket;

/** Bound and receiving. Addresses are literals everywhere: nothing here ever asks DNS. */
export async function bindUdp(address: string, port: number, recvBufferSize?: number): Promise<UdpSocket> {
  const family = isIPv6(address) ? 6 : 4;
  const socket = createSocket({
    type: `udp${family}`,
    ...(recvBufferSize === undefined ? {} : { recvBufferSize }),
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  try {
    const listening = once(socket, "listening"); // before `bind`, which says so at once when no name is looked up
    socket.bind(port, address);
    await listening;
    return socket;
  } catch (error) {
    await closeUdp(socket);
    throw error;
  }
}

export function closeUdp(socket: UdpSocket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
