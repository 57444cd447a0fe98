import type { Recorder } from "../core/timeline.ts";
import { decideBootService } from "./boot-service.ts";
import type { DhcpFacts } from "./facts.ts";
import { encodeMessage } from "./message.ts";
import { PacketBudget } from "./packet-budget.ts";
import type { DhcpPolicy } from "./policy.ts";
import { networksOf } from "./policy.ts";
import type { ProxyMemory } from "./proxy-memory.ts";
import { decodeReported, receivedFact, sentFact } from "./report.ts";
import { DhcpSocket } from "./socket.ts";

export type BootServerConfig = Readonly<{
  address: string;
  port?: number;
  packetsPerSecond?: number;
  policy: DhcpPolicy;
  /** The one `startDhcp` has: who comes to this port got on with the offer it was given there. */
  memory: ProxyMemory;
}>;

export interface BootServer extends AsyncDisposable {
  /** Undefined while no network needs a boot server. */
  readonly port: number | undefined;
  /** From the next packet on. The port is opened or closed when that begins or ends a proxy; a failure is a fact. */
  setPolicy(policy: DhcpPolicy): void;
}

/**
 * Port 4011, held while a network is served as a proxy. Answers leave from it, the only port iPXE takes them from, and go
 * to the very address and port that asked: EDK2 asks from 4011, others from 68 (EDK2 `PxeBcBoot.c`, iPXE `net/udp/dhcp.c`).
 */
export async function startBootServer(
  config: BootServerConfig,
  deps: { timeline: Recorder<DhcpFacts>; signal: AbortSignal },
): Promise<BootServer> {
  await using starting = new AsyncDisposableStack();
  const service = starting.use(new Service(config, deps));
  await service.follow(config.policy);
  const running = starting.move();
  const stop = () => void running.disposeAsync();
  deps.signal.addEventListener("abort", stop);
  running.defer(() => deps.signal.removeEventListener("abort", stop));
  if (deps.signal.aborted) {
    await running.disposeAsync();
    deps.signal.throwIfAborted();
  }
  return {
    get port() {
      return service.port;
    },
    setPolicy: (policy) => service.setPolicy(policy),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The shell around `decideBootService`. */
class Service implements AsyncDisposable {
  readonly #config: BootServerConfig;
  readonly #timeline: Recorder<DhcpFacts>;
  readonly #signal: AbortSignal;
  readonly #budget: PacketBudget;
  #policy: DhcpPolicy;
  #socket: DhcpSocket | undefined;
  #following: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(config: BootServerConfig, deps: { timeline: Recorder<DhcpFacts>; signal: AbortSignal }) {
    this.#config = config;
    this.#timeline = deps.timeline;
    this.#signal = deps.signal;
    this.#budget = new PacketBudget(config.packetsPerSecond ?? 1000, Date.now);
    this.#policy = config.policy;
  }

  get port(): number | undefined {
    return this.#socket?.port;
  }

  setPolicy(policy: DhcpPolicy): void {
    this.#following = this.#following
      .then(() => this.follow(policy))
      .catch((error: unknown) =>
        this.#silent(error instanceof Error ? error.message : "port 4011 cannot be had"),
      );
  }

  async follow(policy: DhcpPolicy): Promise<void> {
    this.#policy = policy;
    const isNeeded = networksOf(policy).some(({ mode }) => mode === "proxy") && !this.#ended;
    if (!isNeeded) return this.#close();
    if (this.#socket) return;
    const { address, port = 4011 } = this.#config;
    const socket = await DhcpSocket.bind(address, port, this.#signal);
    this.#socket = socket;
    socket.onPacket(
      (bytes, from) => this.#look(bytes, from, socket),
      (error) => this.#silent(`the boot server's socket failed: ${error.message}`),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    await this.#following;
    await this.#close();
  }

  async #close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    await socket?.[Symbol.asyncDispose]();
  }

  #silent(reason: string): void {
    this.#timeline.record("dhcp.silent", { mac: "", reason });
  }

  #look(bytes: Uint8Array, from: string, socket: DhcpSocket): void {
    const verdict = this.#budget.take();
    if (verdict === "overrun") {
      this.#silent("too many packets for the boot server: the rest of this second is dropped");
    }
    if (verdict !== "look") return;
    try {
      this.#answer(bytes, from, socket);
    } catch (error) {
      // A bug of ours, or of the site's `boot`, must not switch a whole network off.
      this.#silent(`bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }

  #answer(bytes: Uint8Array, from: string, socket: DhcpSocket): void {
    const message = decodeReported(bytes, from, this.#timeline);
    if (!message) return;
    const { asked, received } = receivedFact(message, from);
    if (received) this.#timeline.record("dhcp.received", received);

    const { memory } = this.#config;
    const split = from.lastIndexOf(":");
    const [source, port] = [from.slice(0, split), Number(from.slice(split + 1))];
    const decision = decideBootService(message, source, this.#policy, memory);
    if (decision.observed) memory.note(decision.observed);
    if ("silent" in decision) {
      this.#timeline.record("dhcp.silent", { ...asked, reason: decision.silent });
      return;
    }
    const { reply, reason } = decision;
    socket.send(encodeMessage(reply), source, port, (error) => {
      const failed = error && `cannot send to ${from}: ${error.message}`;
      if (failed) this.#timeline.record("dhcp.silent", { ...asked, reason: failed });
      else this.#timeline.record("dhcp.sent", { ...asked, ...sentFact(reply, from, reason) });
    });
  }
}
