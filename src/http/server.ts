import type { ServedFile } from "../core/served-file.ts";
import { throttle } from "../core/throttle.ts";
import type { Recorder } from "../core/timeline.ts";
import type { HttpFacts } from "./facts.ts";
import { HotFiles, usualHotBytes } from "./hot-files.ts";
import type { TlsIdentity } from "./listener.ts";
import { listen } from "./listener.ts";
import type { HttpRequest } from "./request.ts";
import { Responder } from "./responder.ts";
import { StreamBudget } from "./stream-budget.ts";
import type { Upload } from "./upload.ts";

/**
 * A file, or a text made for this request; `reason` says (in facts, not to the client) why it is not what was asked for.
 * `ended` hears whether all that was asked of the file was handed over.
 */
export type HttpAnswer =
  | { file: ServedFile; ended?: (whole: boolean) => void }
  | { status: number; text: string; contentType?: string; reason?: string };

export interface HttpConfig {
  address: string;
  /** 80 unless said; 0 takes a free one. */
  port?: number | undefined;
  /** HTTPS beside HTTP, on 443 unless said. */
  tls?: TlsIdentity & { port?: number };
  /** At once and per port; 2,048 unless said. What comes on top is closed unheard. */
  maxConnections?: number;
  /** Of those, one address may have 32 unless said. */
  maxConnectionsPerClient?: number;
  /** How long a client may take to send a request, from its first byte (or from connecting); 10 s unless said. */
  requestTimeoutMs?: number;
  /** How long a connection may stand still, in a request or between two; 60 s unless said. */
  idleTimeoutMs?: number;
  /** Memory for files that are asked for repeatedly; an eighth of the machine's, from 128 MiB to 1 GiB, unless said; 0 for none. */
  hotBytes?: number;
  /** Memory for files on their way from disk; 48 MiB unless said. Each needs 32 KiB all the same. */
  streamBytes?: number;
  /** Called for GET and HEAD. */
  answer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>;
  /** Called for PUT, with a body of at most 4 KiB; without it, nothing can be put. */
  put?(request: HttpRequest, body: string): Promise<HttpAnswer>;
  /**
   * Asked for PUT and POST before anything of the body is read: who takes it, or why nobody does; undefined where nothing
   * is uploaded, which is then for `put` to answer.
   */
  upload?(request: HttpRequest): Upload | HttpAnswer | undefined;
}

export interface HttpServer extends AsyncDisposable {
  readonly port: number;
  /** Where HTTPS is served, if it is. */
  readonly tlsPort?: number;
  /** A renewed certificate, for connections from now on; without HTTPS, nothing. */
  setIdentity(identity: TlsIdentity): void;
}

/** Resolves when requests are answered. Stops within a second when disposed of, or when the signal is aborted. */
export async function startHttp(
  config: HttpConfig,
  deps: { timeline: Recorder<HttpFacts>; signal: AbortSignal },
): Promise<HttpServer> {
  const { timeline, signal } = deps;
  signal.throwIfAborted();
  const sources = {
    hotFiles: new HotFiles(config.hotBytes ?? usualHotBytes()),
    streams: new StreamBudget(config.streamBytes ?? 48 * 2 ** 20),
  };
  const responder = new Responder(config, sources, timeline);
  const worthReporting = throttle(250);
  const refused = (from: string, problem: string) => {
    if (worthReporting()) timeline.record("http.refused", { from, problem });
  };
  const common = {
    address: config.address,
    maxConnections: config.maxConnections ?? 2048,
    maxConnectionsPerClient: config.maxConnectionsPerClient ?? 32,
    requestTimeoutMs: config.requestTimeoutMs ?? 10_000,
    idleTimeoutMs: config.idleTimeoutMs ?? 60_000,
  };
  const open = (port: number, tls?: TlsIdentity) =>
    listen({ ...common, port, tls }, (...exchange) => responder.respond(...exchange), refused, signal);

  await using starting = new AsyncDisposableStack();
  const { tls } = config;
  const plain = starting.use(await open(config.port ?? 80));
  const secure = tls && starting.use(await open(tls.port ?? 443, { cert: tls.cert, key: tls.key }));
  const listeners = secure ? [plain, secure] : [plain];
  starting.move();

  let stopped: Promise<void> | undefined;
  const stop = () => {
    signal.removeEventListener("abort", onAbort);
    // Both at once: each takes its time for what still runs.
    stopped ??= Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]())).then(() =>
      responder.idle(),
    );
    return stopped;
  };
  const onAbort = () => void stop();
  signal.addEventListener("abort", onAbort);
  return {
    port: plain.port,
    ...(secure ? { tlsPort: secure.port } : {}),
    setIdentity: (identity) => secure?.setIdentity(identity),
    [Symbol.asyncDispose]: stop,
  };
}
