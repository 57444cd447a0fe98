import type { Socket } from "node:dgram";
import { DrybootError } from "../core/errors.ts";
import { closeUdp, listenUdp } from "../core/udp-listener.ts";

/** Whatever listens on TCP, and where. */
export interface TcpListening extends AsyncDisposable {
  readonly port: number;
}

/** Each is another number, so that even on a machine full of sockets one of them is free in both. */
const mostTries = 16;

/**
 * UDP and TCP on one number, as DNS needs it. Port 0 takes a number that is free in both: what is free in one of them may
 * be in use in the other, by a connection of anybody's, and then another number is tried.
 */
export async function listenBoth<Tcp extends TcpListening>(
  address: string,
  port: number,
  listenTcp: (port: number) => Promise<Tcp>,
): Promise<{ udp: Socket; tcp: Tcp }> {
  for (let tries = 1; ; tries++) {
    const udp = await listenUdp("DNS", address, port, 2 ** 20);
    try {
      return { udp, tcp: await listenTcp(udp.address().port) };
    } catch (error) {
      await closeUdp(udp);
      if (port !== 0 || tries === mostTries || !isInUse(error)) throw error;
    }
  }
}

function isInUse(error: unknown): boolean {
  const cause = error instanceof DrybootError ? error.cause : error;
  return (cause as NodeJS.ErrnoException | undefined)?.code === "EADDRINUSE";
}
