/** Many machines that are switched on at once, as a process of its own; started by `bench/storm/inside.ts`. */
import { writeFile } from "node:fs/promises";
import { formatMac } from "../../src/wire/mac.ts";
import type { Booted } from "./boot.ts";
import { boot } from "./boot.ts";
import { DhcpPort } from "./dhcp-port.ts";

/** What it writes; `cpuMs` is what pretending to be them cost. */
export type Storm = Readonly<{ totalMs: number; cpuMs: number; boots: readonly Booted[] }>;

const [address = "", count = "", file = ""] = process.argv.slice(2);
await using dhcp = await DhcpPort.open(address);
// Scattered: dnsmasq derives addresses from MACs, and of those that follow one another many get the same, and are refused.
const scatter = 0x9e3779b1; // odd, so that no two are alike
const macs = Array.from({ length: Number(count) }, (_, n) =>
  formatMac(Uint8Array.of(0x52, 0x54, ...u32(Math.imul(n + 1, scatter)))),
);
const begin = performance.now();
const boots = await Promise.all(macs.map((mac) => boot(mac, dhcp)));
const { user, system } = process.cpuUsage();
const storm: Storm = { totalMs: performance.now() - begin, cpuMs: (user + system) / 1000, boots };
await writeFile(file, JSON.stringify(storm));

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
