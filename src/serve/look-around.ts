import { DrybootError } from "../core/errors.ts";
import type { Recorder } from "../core/timeline.ts";
import type { DhcpPolicy } from "../dhcp/policy.ts";
import type { ServeFacts } from "./facts.ts";
import type { Question } from "./foreign-server.ts";
import { defaultWaitMs, describeOffer, findForeignServers } from "./foreign-server.ts";

/** What another DHCP server on the segment means for us, by our own mode. */
const conduct = {
  server: "refuse", // two servers that lend addresses of one network contradict each other
  reservations: "warn", // it may have been told to leave our machines alone
  proxy: "need",
  off: "ignore",
} as const satisfies Record<DhcpPolicy["mode"], string>;

/** Looks for other DHCP servers before we become one: a fact for each, and an error where we would be one too many. */
export async function lookAround(
  question: Question,
  choice: Readonly<{ mode: DhcpPolicy["mode"]; force: boolean; dryRun: boolean }>,
  { timeline, signal }: Readonly<{ timeline: Recorder<ServeFacts>; signal: AbortSignal }>,
): Promise<void> {
  const manner = conduct[choice.mode];
  if (manner === "ignore" || (choice.force && !choice.dryRun)) return;
  timeline.record("serve.asked-around", { waitMs: question.waitMs ?? defaultWaitMs });
  const begin = performance.now();
  const found = await findForeignServers(question, signal);
  for (const server of found) timeline.record("serve.server-found", server);
  if (found.length === 0) {
    timeline.record("serve.server-absent", { waitedMs: Math.round(performance.now() - begin) });
  }
  const offers = found.map(describeOffer);
  if (manner === "refuse" && found.length > 0 && !choice.dryRun) {
    throw new DrybootError("another DHCP server answers on this network", {
      code: "FOREIGN_DHCP_SERVER",
      where: "network",
      evidence: offers,
      hint: "stop it, set `dhcp.mode` to `proxy` to work beside it, or start all the same with --force",
    });
  }
  if (manner === "warn" && found.length > 0) {
    timeline.record("serve.warned", {
      problem: `another DHCP server answers here: ${offers.join("; ")}`,
      next: "keep it from answering the machines of this site, or they take either's answer",
    });
  }
  if (manner === "need" && found.length === 0) {
    timeline.record("serve.warned", {
      problem: "no DHCP server answers here, and a proxy hands out no addresses",
      next: "start the network's DHCP server, or set `dhcp.mode` to `server`",
    });
  }
}
