import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { pipeline } from "node:stream/promises";
import { listenFailed } from "../core/listen-failed.ts";
import { OpenSockets } from "../core/open-sockets.ts";
import { Frames, frame } from "./frames.ts";
import type { TcpListening } from "./listen-both.ts";

/** The reply to a message, or undefined for none. Never rejects. */
export type Answerer = (message: Uint8Array, from: string) => Promise<Uint8Array | undefined>;

export type TcpLimits = Readonly<{
  /** Connections at once: in all (64 unless said), and from one address (8). */
  maxConnections?: number;
  maxConnectionsPerClient?: number;
  /** A connection on which nothing happens ends after this; 10,000 unless said. */
  idleMs?: number;
}>;

/** DNS over TCP (RFC 7766). A connection's questions are answered one after the other, the next one read after that. */
export async function listenTcp(
  address: string,
  port: number,
  answer: Answerer,
  { maxConnections = 64, maxConnectionsPerClient = 8, idleMs = 10_000 }: TcpLimits = {},
): Promise<TcpListening> {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const from = socket.remoteAddress ?? "";
    if (open.size > maxConnections || open.countFrom(from) > maxConnectionsPerClient) {
      socket.destroy();
      return;
    }
    socket.on("error", () => socket.destroy()); // it went away
    socket.setTimeout(idleMs, () => socket.destroy());
    // Who does not read its answers is asked no more questions: the connection is idle then, and ends.
    const conversing = pipeline(socket, (pieces) => replies(pieces, from, answer), socket);
    void conversing.catch(() => socket.destroy());
  });
  const open = new OpenSockets(server);
  try {
    const listening = once(server, "listening");
    server.listen(port, address);
    await listening;
  } catch (cause) {
    throw listenFailed("DNS", "tcp", address, port, cause);
  }
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => open[Symbol.asyncDispose](),
  };
}

async function* replies(
  pieces: AsyncIterable<Buffer>,
  from: string,
  answer: Answerer,
): AsyncGenerator<Uint8Array> {
  const frames = new Frames();
  for await (const piece of pieces) {
    for (const message of frames.add(piece)) {
      const reply = await answer(message, from);
      if (reply === undefined) throw new Error("nothing will come of this connection");
      yield frame(reply);
    }
  }
}
