import { once } from "node:events";
import type { RequestListener, Server } from "node:http";
import { createServer } from "node:http";
import { createServer as createTlsServer, Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { ClientShares } from "../core/client-shares.ts";
import { listenFailed } from "../core/listen-failed.ts";
import { plainAddress } from "./request.ts";

/** A certificate, its issuers behind it, and its key, as PEM. */
export type TlsIdentity = Readonly<{ cert: string; key: string }>;

export interface ListenerConfig {
  address: string;
  port: number;
  /** With it, HTTPS. */
  tls?: TlsIdentity | undefined;
  maxConnections: number;
  maxConnectionsPerClient: number;
  requestTimeoutMs: number;
  idleTimeoutMs: number;
}

export interface Listener extends AsyncDisposable {
  readonly port: number;
  /** For connections from now on; those that are open keep what they were made with. Only where it is HTTPS. */
  setIdentity(identity: TlsIdentity): void;
}

/**
 * Connections that wait to be accepted; the kernel takes less where `net.core.somaxconn` says so. Whoever finds Node's 511
 * full is not told, and asks again after 1 s, 3 s, 7 s: a room full of machines that are switched on at once.
 */
const backlog = 4096;

/** What a stopping server lets running answers take. */
const graceMs = 500;

/** One port. `refused` hears of what never became a request. */
export async function listen(
  config: ListenerConfig,
  respond: RequestListener,
  refused: (from: string, problem: string) => void,
  signal: AbortSignal,
): Promise<Listener> {
  const { address, port, tls } = config;
  const server = serverFor(config, respond);
  limitConnections(server, config, refused);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const problem = answerNonsense(error, socket);
    if (problem !== undefined) refused(addressOf(socket), problem);
  });
  server.on("tlsClientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    // Who only looked whether the port is open has not failed at TLS.
    if (error.code !== "ECONNRESET") refused(addressOf(socket), `no TLS: ${error.code ?? error.message}`);
    socket.destroy();
  });
  try {
    server.listen({ port, host: address, backlog });
    await once(server, "listening", { signal });
  } catch (cause) {
    server.close();
    signal.throwIfAborted(); // being stopped is not a failure to explain
    throw listenFailed(tls ? "HTTPS" : "HTTP", "tcp", address, port, cause);
  }
  server.on("error", () => {}); // accepting failed (no descriptors left): the others go on
  return {
    port: (server.address() as AddressInfo).port,
    setIdentity({ cert, key }) {
      if (server instanceof TlsServer) server.setSecureContext({ cert, key });
    },
    [Symbol.asyncDispose]: () => close(server),
  };
}

function serverFor(
  { tls, requestTimeoutMs, idleTimeoutMs }: ListenerConfig,
  respond: RequestListener,
): Server {
  const options = {
    maxHeaderSize: 8192,
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: idleTimeoutMs,
    connectionsCheckingInterval: Math.min(1000, requestTimeoutMs),
  };
  const server = tls
    ? createTlsServer({ ...options, ...tls, handshakeTimeout: requestTimeoutMs }, respond)
    : createServer(options, respond);
  server.timeout = idleTimeoutMs; // a client that stopped reading
  return server;
}

function limitConnections(
  server: Server,
  { maxConnections, maxConnectionsPerClient }: ListenerConfig,
  refused: (from: string, problem: string) => void,
): void {
  server.maxConnections = maxConnections;
  server.on("drop", (dropped: { remoteAddress?: string } | undefined) => {
    refused(plainAddress(dropped?.remoteAddress), `there are ${maxConnections} connections already`);
  });
  const clients = new ClientShares(maxConnectionsPerClient);
  server.on("connection", (socket) => {
    const from = plainAddress(socket.remoteAddress);
    if (clients.take(from)) {
      socket.once("close", () => clients.giveBack(from));
      return;
    }
    refused(from, `it has ${maxConnectionsPerClient} connections already`);
    socket.destroy();
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

const addressOf = (socket: Duplex) =>
  plainAddress("remoteAddress" in socket ? String(socket.remoteAddress ?? "") : "");

const statusOf: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Answers what Node could not read as a request, and returns what was wrong with it; undefined when a client just left. */
function answerNonsense(error: NodeJS.ErrnoException, socket: Duplex): string | undefined {
  const { code = "" } = error;
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  const status = statusOf[code] ?? "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
  return code || error.message;
}
