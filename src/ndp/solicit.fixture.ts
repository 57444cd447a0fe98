/**
 * For server.test.ts, in a network namespace of its own: advertises on `v0` while the Linux kernel, at the other end of
 * the cable, looks for a router. Prints the timeline once the kernel has had its answer, then what the kernel made of it.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../core/child.ts";
import { Timeline } from "../core/timeline.ts";
import type { NdpFacts } from "./facts.ts";
import { startRouterAdvertisements } from "./server.ts";

const stop = new AbortController();
const timeline = new Timeline<NdpFacts>();
const server = await startRouterAdvertisements({ interface: "v0" }, { timeline, signal: stop.signal });

await run("ip", ["link", "set", "v1", "up"]);
const deadline = AbortSignal.timeout(5000);
while (!timeline.facts("ndp.advertised").some((fact) => fact.solicited)) {
  if (deadline.aborted) break;
  await sleep(20);
}
await server[Symbol.asyncDispose]();
await server[Symbol.asyncDispose](); // twice, to prove that it may be

const counters = await readFile("/proc/net/dev_snmp6/v1", "utf8");
process.stdout.write(
  JSON.stringify({
    facts: timeline.facts(),
    heard: Number(/Icmp6InRouterAdvertisements\s+(\d+)/.exec(counters)?.[1] ?? 0),
    errors: Number(/Icmp6InErrors\s+(\d+)/.exec(counters)?.[1] ?? 0),
    defaultRoute: await run("ip", ["-6", "route", "show", "default"]),
    globalAddresses: await run("ip", ["-6", "address", "show", "dev", "v1", "scope", "global"]),
  }),
);
