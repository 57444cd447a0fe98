import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { listenFailed } from "../core/listen-failed.ts";
import type { ServedFile } from "../core/served-file.ts";
import { throttle } from "../core/throttle.ts";
import type { Recorder } from "../core/timeline.ts";
import type { HttpFacts } from "./facts.ts";
import { HotFiles } from "./hot-files.ts";
import type { HttpRequest } from "./request.ts";
import { plainAddress } from "./request.ts";
import { Responder } from "./responder.ts";

/** A file, or a text made for this request; `reason` says (in facts, not to the client) why it is not what was asked for. */
export type HttpAnswer =
  | { file: ServedFile }
  | { status: number; text: string; contentType?: string; reason?: string };

export interface HttpConfig {
  address: string;
  /** 80 unless said; 0 takes a free one. */
  port?: number;
  /** At once; 512 unless said. What comes on top is closed unheard. */
  maxConnections?: number;
  /** How long a client may take to send a request, from its first byte (or from connecting); 10 s unless said. */
  requestTimeoutMs?: number;
  /** How long a connection may stand still, in a request or between two; 60 s unless said. */
  idleTimeoutMs?: number;
  /** Memory for files that are asked for repeatedly; 128 MiB unless said, 0 for none. */
  hotBytes?: number;
  /** Called for GET and HEAD. */
  answer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
}

/** What a stopping server lets running answers take. */
const graceMs = 500;

/** Resolves when requests are answered. Stops within a second when disposed of, or when the signal is aborted. */
export async function startHttp(
  config: HttpConfig,
  deps: { timeline: Recorder<HttpFacts>; signal: AbortSignal },
): Promise<HttpServer> {
  const { address, port = 80, requestTimeoutMs = 10_000, idleTimeoutMs = 60_000 } = config;
  const { timeline, signal } = deps;
  signal.throwIfAborted();
  const responder = new Responder(config.answer, new HotFiles(config.hotBytes ?? 128 * 2 ** 20), timeline);
  const server = createServer(
    {
      maxHeaderSize: 8192,
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: idleTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, requestTimeoutMs),
      highWaterMark: 256 * 1024,
    },
    (request, response) => responder.respond(request, response),
  );
  server.maxConnections = config.maxConnections ?? 512;
  server.timeout = idleTimeoutMs; // a client that stopped reading
  const worthReporting = throttle(250);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const from = plainAddress("remoteAddress" in socket ? String(socket.remoteAddress ?? "") : "");
    const problem = refuse(error, socket);
    if (problem !== undefined && worthReporting()) timeline.record("http.refused", { from, problem });
  });

  try {
    server.listen(port, address);
    await once(server, "listening", { signal });
  } catch (cause) {
    server.close();
    signal.throwIfAborted(); // being stopped is not a failure to explain
    throw listenFailed("HTTP", "tcp", address, port, cause);
  }
  server.on("error", () => {}); // accepting failed (no descriptors left): the others go on

  let stopped: Promise<void> | undefined;
  const stop = () => {
    signal.removeEventListener("abort", onAbort);
    stopped ??= new Promise<void>((resolve) => {
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      server.close(() => {
        clearTimeout(cut);
        resolve();
      });
      server.closeIdleConnections();
    }).then(() => responder.idle());
    return stopped;
  };
  const onAbort = () => void stop();
  signal.addEventListener("abort", onAbort);
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: stop };
}

const statusOf: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Answers what Node could not read as a request, and returns what was wrong with it; undefined when a client just left. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): string | undefined {
  const { code = "" } = error;
  if (code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return undefined;
  }
  const status = statusOf[code] ?? "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
  return code || error.message;
}
