import type { Recorder } from "../core/timeline.ts";
import { decide } from "../dhcp/decide.ts";
import { LeaseTable } from "../dhcp/leases.ts";
import type { DecodedMessage } from "../dhcp/message.ts";
import { PacketBudget } from "../dhcp/packet-budget.ts";
import type { DhcpPolicy } from "../dhcp/policy.ts";
import { ProxyMemory } from "../dhcp/proxy-memory.ts";
import { decodeReported, receivedFact, sentFact } from "../dhcp/report.ts";
import { DhcpSocket } from "../dhcp/socket.ts";
import type { LiveFacts } from "./facts.ts";

const packetsPerSecond = 1000;

export interface DryRun extends AsyncDisposable {
  readonly port: number;
  setPolicy(policy: DhcpPolicy): void;
}

/**
 * Listens where clients broadcast, decides as the server would, and reports what it would have answered. Nothing here
 * can send: not by a flag that is off, but because no line does. Promised addresses are remembered, so that a machine
 * is told the same one twice.
 */
export async function startDryRun(
  config: Readonly<{ policy: DhcpPolicy; listen?: string; port?: number }>,
  deps: Readonly<{ timeline: Recorder<LiveFacts>; signal: AbortSignal }>,
): Promise<DryRun> {
  const { timeline, signal } = deps;
  const socket = await DhcpSocket.bind(config.listen ?? "255.255.255.255", config.port ?? 67, signal);
  const leases = new LeaseTable();
  const memory = new ProxyMemory();
  const budget = new PacketBudget(packetsPerSecond, Date.now);
  let { policy } = config;

  function report(message: DecodedMessage, from: string): void {
    const { asked, received } = receivedFact(message, from);
    if (received) timeline.record("dhcp.received", received);
    const decision = decide(message, policy, leases, Date.now(), memory);
    if (decision.store) leases.store(decision.store);
    if (decision.observed) memory.note(decision.observed);
    if ("silent" in decision) {
      timeline.record("dhcp.silent", { ...asked, reason: decision.silent });
      return;
    }
    const { message: reply, to } = decision.reply;
    const there = `${to.address}:${to.port === "relay" ? 67 : 68}`;
    timeline.record("dhcp.withheld", { ...asked, ...sentFact(reply, there, decision.reason) });
  }

  const failed = (reason: string) => timeline.record("dhcp.silent", { mac: "", reason });
  socket.onPacket(
    (bytes, from) => {
      if (budget.take() !== "look") return;
      const message = decodeReported(bytes, from, timeline);
      if (!message) return;
      try {
        report(message, from);
      } catch (error) {
        failed(`bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      }
    },
    (error) => failed(`the socket failed: ${error.message}`),
  );
  return {
    port: socket.port,
    setPolicy: (next) => {
      policy = next;
    },
    [Symbol.asyncDispose]: () => socket[Symbol.asyncDispose](),
  };
}
