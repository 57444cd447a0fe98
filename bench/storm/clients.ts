/** Many machines that are switched on at once, as a process of its own; started by `bench/storm/inside.ts`. */
import { writeFile } from "node:fs/promises";
import type { Booted } from "./boot.ts";
import { boot } from "./boot.ts";
import { DhcpPort } from "./dhcp-port.ts";

/** What it writes; `cpuMs` is what pretending to be them cost. */
export type Storm = Readonly<{ totalMs: number; cpuMs: number; boots: readonly Booted[] }>;

const [address = "", count = "", file = ""] = process.argv.slice(2);
await using dhcp = await DhcpPort.open(address);
const macs = Array.from({ length: Number(count) }, (_, n) => {
  const tail = [n >> 16, (n >> 8) & 255, n & 255].map((byte) => byte.toString(16).padStart(2, "0"));
  return ["52:54:00", ...tail].join(":");
});
const begin = performance.now();
const boots = await Promise.all(macs.map((mac) => boot(mac, dhcp)));
const { user, system } = process.cpuUsage();
const storm: Storm = { totalMs: performance.now() - begin, cpuMs: (user + system) / 1000, boots };
await writeFile(file, JSON.stringify(storm));
