import type { Recorder } from "../core/timeline.ts";
import { decideBootService } from "./boot-service.ts";
import type { DhcpFacts } from "./facts.ts";
import { encodeMessage } from "./message.ts";
import { PacketBudget } from "./packet-budget.ts";
import type { DhcpPolicy } from "./policy.ts";
import type { ProxyMemory } from "./proxy-memory.ts";
import { decodeReported, receivedFact, sentFact } from "./report.ts";
import { DhcpSocket } from "./socket.ts";

export type BootServerConfig = Readonly<{
  address: string;
  port?: number;
  packetsPerSecond?: number;
  policy: DhcpPolicy;
  memory: ProxyMemory;
}>;

export interface BootServer extends AsyncDisposable {
  readonly port: number;
  setPolicy(policy: DhcpPolicy): void;
}

/**
 * Port 4011 of a proxyDHCP server. Answers leave from it, the only port iPXE takes them from, and go to the very address
 * and port that asked: EDK2 asks from 4011 and not from 68.
 */
export async function startBootServer(
  config: BootServerConfig,
  deps: { timeline: Recorder<DhcpFacts>; signal: AbortSignal },
): Promise<BootServer> {
  const { timeline, signal } = deps;
  const { address, memory, packetsPerSecond = 1000 } = config;
  let { policy } = config;
  await using starting = new AsyncDisposableStack();
  const socket = starting.use(await DhcpSocket.bind(address, config.port ?? 4011, signal));
  const budget = new PacketBudget(packetsPerSecond, Date.now);

  const look = (bytes: Uint8Array, from: string): void => {
    const message = decodeReported(bytes, from, timeline);
    if (!message) return;
    const { asked, received } = receivedFact(message, from);
    if (received) timeline.record("dhcp.received", received);
    const split = from.lastIndexOf(":");
    const source = from.slice(0, split);
    const decision = decideBootService(message, source, policy, memory);
    if (decision.observed) memory.note(decision.observed);
    if ("silent" in decision) {
      timeline.record("dhcp.silent", { ...asked, reason: decision.silent });
      return;
    }
    const { reply, reason } = decision;
    socket.send(encodeMessage(reply), source, Number(from.slice(split + 1)), (error) => {
      if (error)
        timeline.record("dhcp.silent", { ...asked, reason: `cannot send to ${from}: ${error.message}` });
      else timeline.record("dhcp.sent", { ...asked, ...sentFact(reply, from, reason) });
    });
  };
  const lookSafely = (bytes: Uint8Array, from: string): void => {
    const verdict = budget.take();
    const tooMany = "too many packets for the boot server: the rest of this second is dropped";
    if (verdict === "overrun") timeline.record("dhcp.silent", { mac: "", reason: tooMany });
    if (verdict !== "look") return;
    try {
      look(bytes, from);
    } catch (error) {
      // A bug of ours, or of the site's `boot`, must not switch a whole network off.
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      timeline.record("dhcp.silent", { mac: "", reason: `bug: ${stack}` });
    }
  };
  socket.onPacket(lookSafely, (error) =>
    timeline.record("dhcp.silent", { mac: "", reason: `the boot server's socket failed: ${error.message}` }),
  );
  const running = starting.move();
  const stop = () => void running.disposeAsync();
  signal.addEventListener("abort", stop);
  running.defer(() => signal.removeEventListener("abort", stop));
  if (signal.aborted) {
    await running.disposeAsync();
    signal.throwIfAborted();
  }
  return {
    port: socket.port,
    setPolicy: (next) => {
      policy = next;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
