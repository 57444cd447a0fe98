import { throttle } from "../core/throttle.ts";
import type { Recorder } from "../core/timeline.ts";
import { clientOf } from "./client.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./decision.ts";
import type { DhcpFacts } from "./facts.ts";
import { keepLeases } from "./lease-keeping.ts";
import type { Neighbours } from "./lease-probe.ts";
import type { LeaseStore } from "./lease-store.ts";
import type { Lease } from "./leases.ts";
import type { DecodedMessage } from "./message.ts";
import { encodeMessage } from "./message.ts";
import { PacketBudget } from "./packet-budget.ts";
import { PacketQueue } from "./packet-queue.ts";
import type { DhcpPolicy } from "./policy.ts";
import { couldLend } from "./policy.ts";
import { ProxyMemory } from "./proxy-memory.ts";
import { decodeReported, receivedFact, sentFact } from "./report.ts";
import { DhcpSocket } from "./socket.ts";

export type DhcpConfig = Readonly<{
  /** Our own address: replies leave from it, by the interface that has it. */
  address: string;
  /** Where else to listen. A socket bound to our address does not get broadcasts. */
  listen?: readonly string[];
  port?: number;
  clientPort?: number;
  relayPort?: number;
  packetsPerSecond?: number;
  policy: DhcpPolicy;
  /** The folder leases survive in; without one they are gone with the process. */
  leases?: string;
  /** Looks for strangers on addresses before they are offered, in the background: `arpNeighbours`. */
  neighbours?: Neighbours;
  /** Where a proxy keeps what it learns of its clients; shared with the boot server on port 4011. */
  memory?: ProxyMemory;
}>;

export type DhcpDeps = Readonly<{
  timeline: Recorder<DhcpFacts>;
  signal: AbortSignal;
  /** Milliseconds since the epoch, for leases. */
  now?: () => number;
}>;

export interface DhcpServer extends AsyncDisposable {
  readonly port: number;
  /** Whom every address was promised to, the one untouched longest first. */
  leases(): readonly Lease[];
  /** Whom this address was promised to last. */
  leaseAt(address: string): Lease | undefined;
  /** From the next packet on. Leases that the new policy could not have given are put aside while they run. */
  setPolicy(policy: DhcpPolicy): void;
}

/** Answers DHCP on the network `address` is on, until it is disposed of or the signal says so. */
export async function startDhcp(config: DhcpConfig, deps: DhcpDeps): Promise<DhcpServer> {
  const { address, port = 67, listen = ["255.255.255.255"] } = config;
  // A lab keeps every fact of every packet in memory; who keeps leases runs for months and keeps only the last facts.
  const { packetsPerSecond = config.leases === undefined ? 1000 : 50_000 } = config;
  const { signal, now = Date.now } = deps;
  await using starting = new AsyncDisposableStack();
  const own = starting.use(await DhcpSocket.bind(address, port, signal));
  const sockets = [own];
  for (const other of listen) sockets.push(starting.use(await DhcpSocket.bind(other, own.port, signal)));

  const current = { policy: config.policy };
  const keeping = { folder: config.leases, neighbours: config.neighbours, policy: () => current.policy };
  // Behind the sockets, so that it is closed first: what is on its way to the disk is still answered.
  const store = starting.use(await keepLeases(keeping, { ...deps, now }));
  const service = new Service(config, deps, { current, socket: own, store, now });
  service.setPolicy(config.policy);
  const budget = new PacketBudget(packetsPerSecond, now);
  const queue = new PacketQueue(
    (bytes, from) => service.look(bytes, from, budget.take()),
    () => service.dropped(),
  );
  starting.defer(() => queue.clear());
  starting.defer(() => service.dropDelayed());
  for (const socket of sockets) {
    socket.onPacket(
      (bytes, from) => queue.push(bytes, from),
      (error) => service.failed(error),
    );
  }
  const running = starting.move();
  const stop = () => void running.disposeAsync(); // sockets close without failing
  signal.addEventListener("abort", stop);
  running.defer(() => signal.removeEventListener("abort", stop));
  if (signal.aborted) {
    await running.disposeAsync();
    signal.throwIfAborted();
  }
  return {
    port: own.port,
    leases: () => [...store.table.all()],
    leaseAt: (address) => store.table.at(address),
    setPolicy: (policy) => service.setPolicy(policy),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

type Asked = ReturnType<typeof receivedFact>["asked"];

type ServiceParts = Readonly<{
  /** Shared with what looks for conflicts in the pool. */
  current: { policy: DhcpPolicy };
  socket: DhcpSocket;
  store: LeaseStore;
  now: () => number;
}>;

/** The shell around `decide`: bytes in, bytes and facts out, leases kept in between. */
class Service {
  readonly #config: DhcpConfig;
  readonly #timeline: Recorder<DhcpFacts>;
  readonly #current: { policy: DhcpPolicy };
  readonly #socket: DhcpSocket;
  readonly #store: LeaseStore;
  readonly #now: () => number;
  readonly #memory: ProxyMemory;
  readonly #delayed = new Set<NodeJS.Timeout>();
  #isEnding = false;
  readonly #maySayDropped = throttle(1000);

  constructor(config: DhcpConfig, { timeline }: DhcpDeps, parts: ServiceParts) {
    this.#config = config;
    this.#timeline = timeline;
    this.#current = parts.current;
    this.#socket = parts.socket;
    this.#store = parts.store;
    this.#now = parts.now;
    this.#memory = config.memory ?? new ProxyMemory();
  }

  setPolicy(policy: DhcpPolicy): void {
    this.#current.policy = policy;
    this.#store.table.keepOnly((lease) => couldLend(policy, lease), this.#now());
  }

  look(bytes: Uint8Array, from: string, verdict: ReturnType<PacketBudget["take"]>): void {
    if (verdict === "overrun") {
      this.#timeline.record("dhcp.silent", {
        mac: "",
        reason: "too many packets: the rest of this second is dropped",
      });
    }
    if (verdict !== "look") return;
    const message = decodeReported(bytes, from, this.#timeline);
    if (!message) return;
    try {
      this.#answer(message, from);
    } catch (error) {
      // A bug of ours, or of the site's `boot`, must not switch a whole network off: it becomes this client's fact.
      const { mac } = clientOf(message);
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#timeline.record("dhcp.silent", { mac, reason: `bug: ${stack}` });
    }
  }

  /** Once a second at most. */
  dropped(): void {
    if (!this.#maySayDropped()) return;
    const reason = "more is asked than can be answered: the oldest DISCOVERs are dropped, and asked again";
    this.#timeline.record("dhcp.silent", { mac: "", reason });
  }

  failed(error: Error): void {
    this.#timeline.record("dhcp.silent", { mac: "", reason: `the socket failed: ${error.message}` });
  }

  #answer(message: DecodedMessage, from: string): void {
    const { asked, received } = receivedFact(message, from);
    if (received) this.#timeline.record("dhcp.received", received);

    const { table } = this.#store;
    const decision = decide(message, this.#current.policy, table, this.#now(), this.#memory);
    const { store: lease, observed } = decision;
    if (lease) table.store(lease);
    if (observed) this.#memory.note(observed);
    if ("silent" in decision) {
      if (lease) this.#store.append(lease, (error) => error && this.#unwritten(asked, error));
      const notOurs = decision.notOurs ? { notOurs: decision.notOurs } : {};
      this.#timeline.record("dhcp.silent", { ...asked, reason: decision.silent, ...notOurs });
      return;
    }
    const bytes = encodeMessage(decision.reply.message);
    const answer = () => this.#after(decision.delayMs ?? 0, () => this.#send(decision, bytes, asked));
    // An offer promises nothing: after a crash its address may go to another, and the REQUEST for it is refused.
    if (!lease || lease.state === "offered") answer();
    else {
      const written = (error?: Error) => (error ? this.#unwritten(asked, error) : answer());
      if (decision.isHeld) this.#store.settle(written);
      else this.#store.append(lease, written);
    }
  }

  #after(delayMs: number, send: () => void): void {
    if (delayMs === 0) {
      send();
      return;
    }
    if (this.#isEnding) return;
    const timer = setTimeout(() => {
      this.#delayed.delete(timer);
      send();
    }, delayMs);
    this.#delayed.add(timer);
  }

  /** Only offers are delayed, and whoever misses one asks again. */
  dropDelayed(): void {
    this.#isEnding = true;
    for (const timer of this.#delayed) clearTimeout(timer);
  }

  /** Nothing is promised that a power cut could make us forget. */
  #unwritten(asked: Asked, { message }: Error): void {
    this.#timeline.record("dhcp.silent", { ...asked, reason: `its lease could not be written: ${message}` });
  }

  #send(decision: Extract<Decision, { reply: unknown }>, bytes: Uint8Array, asked: Asked): void {
    const { message: reply, to } = decision.reply;
    const { clientPort = 68, relayPort = 67 } = this.#config;
    const port = to.port === "relay" ? relayPort : clientPort;
    this.#socket.send(bytes, to.address, port, (error) => {
      if (error) {
        const reason = `cannot send to ${to.address}:${port}: ${error.message}`;
        this.#timeline.record("dhcp.silent", { ...asked, reason });
        return;
      }
      this.#timeline.record("dhcp.sent", {
        ...asked,
        ...sentFact(reply, `${to.address}:${port}`, decision.reason),
        ...(decision.learned ? { learned: decision.learned } : {}),
      });
    });
  }
}
