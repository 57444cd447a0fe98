import { throttle } from "../core/throttle.ts";
import type { Recorder } from "../core/timeline.ts";
import { closeUdp } from "../core/udp-listener.ts";
import type { DnsFacts } from "./facts.ts";
import type { ForwardingLimits } from "./forwarder.ts";
import { Forwarder } from "./forwarder.ts";
import { listenBoth } from "./listen-both.ts";
import type { HeldAddress } from "./names.ts";
import { NameTable } from "./names.ts";
import type { DnsSite } from "./policy.ts";
import type { ServiceParts, Transport } from "./service.ts";
import { DnsService } from "./service.ts";
import type { TcpLimits } from "./tcp-listener.ts";
import { listenTcp } from "./tcp-listener.ts";

export type DnsConfig = Readonly<{
  /** The address to listen on and to answer from. */
  address: string;
  /** 53 unless said, for both transports; 0 takes a free one. */
  port?: number;
  site: DnsSite;
  /** The addresses that are lent now. */
  held(): Iterable<HeldAddress>;
  forwarding?: ForwardingLimits;
  tcp?: TcpLimits;
}>;

export interface DnsServer extends AsyncDisposable {
  readonly port: number;
  /** From the next question on; what others said before is asked again. */
  setSite(site: DnsSite): void;
}

/** Resolves when questions are answered. Stops when disposed of, or when the signal is aborted. */
export async function startDns(
  config: DnsConfig,
  deps: { timeline: Recorder<DnsFacts>; signal: AbortSignal },
): Promise<DnsServer> {
  const { address, held, forwarding = {} } = config;
  const { timeline, signal } = deps;
  signal.throwIfAborted();
  await using starting = new AsyncDisposableStack();
  const stopping = new AbortController();
  const partsFor = (site: DnsSite): ServiceParts => ({
    policy: { ...site, forwards: site.forwarders.length > 0 },
    names: new NameTable({ ...site, reserved: [site.serverName], held }),
    forwarder: new Forwarder(
      { ...forwarding, servers: site.forwarders },
      { timeline, signal: stopping.signal },
    ),
  });
  const service = new DnsService(partsFor(config.site), timeline);
  const mayReportBug = throttle(1000);
  /** A bug of ours must not switch the whole network's names off: it becomes a fact. */
  const answer = async (bytes: Uint8Array, from: string, transport: Transport) => {
    try {
      return await service.answer(bytes, from, transport);
    } catch (error) {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (mayReportBug()) timeline.record("dns.silent", { from, reason: `bug: ${stack}` });
      return undefined;
    }
  };

  const { udp: socket, tcp } = await listenBoth(address, config.port ?? 53, (port) =>
    listenTcp(address, port, (message, from) => answer(message, from, "tcp"), config.tcp),
  );
  const { port } = tcp;
  starting.defer(() => closeUdp(socket));
  socket.on("error", () => {}); // an ICMP message about something we sent
  socket.on("message", (bytes, client) => {
    if (client.port === 0) return; // nobody can be answered there
    void answer(bytes, client.address, "udp").then((reply) => {
      if (reply && !stopping.signal.aborted) socket.send(reply, client.port, client.address, () => {});
    });
  });
  starting.use(tcp);
  starting.defer(() => stopping.abort()); // first of all: what is on its way has no socket to come back to

  const running = starting.move();
  const stop = () => void running.disposeAsync();
  signal.addEventListener("abort", stop);
  running.defer(() => signal.removeEventListener("abort", stop));
  if (signal.aborted) {
    await running.disposeAsync();
    signal.throwIfAborted();
  }
  return {
    port,
    setSite(site) {
      service.parts = partsFor(site);
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
