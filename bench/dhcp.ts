/** DHCP exchanges with leases on the disk: our server beside Kea and dnsmasq, loaded by Kea's perfdhcp. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { table } from "../src/cli/table.ts";
import type { Terminal } from "../src/cli/terminal.ts";
import { DrybootError } from "../src/core/errors.ts";
import { projectFolder } from "../src/core/folders.ts";
import { runInNamespace } from "../src/lab/namespace.ts";
import { summarize } from "../src/trace/statistics.ts";
import type { DhcpJob, DhcpResult, Ready } from "./dhcp-inside.ts";
import type { ServerName } from "./dhcp-servers.ts";
import { serverNames } from "./dhcp-servers.ts";
import { measureNoise, stolenShare } from "./noise.ts";
import { versionOf } from "./peer.ts";
import { rounds } from "./rounds.ts";
import { runBench } from "./run-bench.ts";

const loads = [
  { says: "500/s, 1,000 clients", rate: 500, clients: 1000, isNew: false },
  { says: "500/s, new clients", rate: 500, clients: 20_000, isNew: true },
  { says: "5,000/s, 1,000 clients", rate: 5000, clients: 1000, isNew: false },
  { says: "15,000/s, 1,000 clients: overload", rate: 15_000, clients: 1000, isNew: false },
  { says: "2,000/s, 20,000 new clients", rate: 2000, clients: 20_000, isNew: true },
] as const;

type Trial = Readonly<{ server: ServerName; load: (typeof loads)[number] }>;
type Run = Trial & Readonly<{ round: number; result: DhcpResult }>;

const storedLeases = 100_000;
const inside = join(import.meta.dirname, "dhcp-inside.ts");

await runBench({
  file: "bench/dhcp.ts",
  summary: "DHCP exchanges per second and their delay, beside Kea (memfile) and dnsmasq.",
  flags: z.strictObject({
    rounds: z.int().min(1).max(100).default(3).describe("How often every server meets every load"),
    seconds: z.int().min(1).max(60).default(4).describe("How long a load lasts"),
    seed: z.int().default(1).describe("The order within the rounds"),
    profile: z.boolean().default(false).describe("Keep a CPU profile of our server in the run's folder"),
  }),
  async run(flags, terminal, signal) {
    const absent = await absentPrograms(signal);
    const perfdhcp = absent.get("perfdhcp");
    if (perfdhcp !== undefined) {
      throw new DrybootError("without perfdhcp there is no load", {
        ...{ code: "PEER_MISSING", where: "bench/dhcp.ts", exitCode: 2 },
        hint: "install it: Debian has it in the package kea-admin",
      });
    }
    const folder = join(
      projectFolder,
      "reports",
      `${new Date().toISOString().replaceAll(":", "")}-bench-dhcp`,
    );
    const present = serverNames.filter((server) => !absent.has(server));
    const trials = loads.flatMap((load) => present.map((server): Trial => ({ server, load })));
    const before = await measureNoise();
    const runs: Run[] = [];
    for (const { round, trial } of rounds(trials, flags.rounds, flags.seed)) {
      const { server, load } = trial;
      terminal.err(`round ${round}: ${server}, ${load.says}`);
      const { rate, clients, isNew } = load;
      const seconds = rate === 2000 ? clients / rate : flags.seconds;
      const place = join(folder, `${round}-${server}-${rate}${isNew ? "-new" : ""}`);
      const job = { folder: place, server, rate, clients, isNew, seconds, profiled: flags.profile };
      const result = await measure<DhcpResult>(job, signal);
      runs.push({ ...trial, round, result });
    }
    const store = await measure<Ready>({ folder: join(folder, "store"), storedLeases }, signal);
    const empty = await measure<Ready>({ folder: join(folder, "empty"), storedLeases: 0 }, signal);
    report(runs, absent, terminal);
    const each = (store.heapBytes - empty.heapBytes) / storedLeases;
    terminal.out(
      `${store.leases} stored leases: ready after ${Math.round(store.durationMs)} ms, ${Math.round(each)} bytes of memory each`,
    );
    const after = await measureNoise();
    terminal.out(
      `load ${before.load.toFixed(1)} before, ${after.load.toFixed(1)} after; ${stolenShare(before, after).toFixed(1)} % of the processors' time went to other guests of the host`,
    );
    return 0;
  },
});

async function measure<Result>(job: DhcpJob, signal: AbortSignal): Promise<Result> {
  await mkdir(job.folder, { recursive: true });
  const code = await runInNamespace(inside, job, { signal });
  signal.throwIfAborted();
  if (code !== 0) {
    throw new DrybootError("one measurement failed", {
      ...{ code: "BENCH_FAILED", where: job.folder },
      hint: "read what it said above, and server.log in its folder",
    });
  }
  return JSON.parse(await readFile(join(job.folder, "result.json"), "utf8")) as Result;
}

async function absentPrograms(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const programs = {
    kea: ["kea-dhcp4", "-v"],
    dnsmasq: ["dnsmasq", "--version"],
    perfdhcp: ["perfdhcp", "-v"],
  };
  const absent = new Map<string, string>();
  for (const [name, [file = "", ...args]] of Object.entries(programs)) {
    await versionOf(file, args, signal).catch(() => absent.set(name, `${file} is not installed`));
  }
  return absent;
}

/** Medians over the rounds, and of our rate over theirs in the same round. */
function report(runs: readonly Run[], absent: ReadonlyMap<string, string>, terminal: Terminal): void {
  for (const load of loads) {
    const of = (server: ServerName) => runs.filter((run) => run.load === load && run.server === server);
    const rows = serverNames.map((server) => {
      const why = absent.get(server);
      if (why !== undefined) return [server, why];
      const median = (value: (run: Run) => number | undefined) =>
        summarize(of(server).flatMap((run) => value(run) ?? []))?.median;
      const ratio = median((run) => {
        const ours = of("dryboot").find(({ round }) => round === run.round)?.result.rate;
        return ours === undefined || run.result.rate === 0 ? undefined : ours / run.result.rate;
      });
      return [
        server,
        median(({ result }) => result.rate)?.toFixed(0) ?? "-",
        ratio === undefined ? "-" : `${ratio.toFixed(2)}x`,
        `${median(({ result }) => result.dropped)?.toFixed(1)} %`,
        median(({ result }) => result.p50)?.toFixed(2) ?? "-",
        median(({ result }) => result.p99)?.toFixed(1) ?? "-",
        median(({ result }) => result.cpuUs)?.toFixed(0) ?? "-",
      ];
    });
    const head = ["", "exchanges/s", "dryboot's is", "dropped", "p50 ms", "p99 ms", "CPU us each"];
    terminal.out(load.says);
    for (const line of table([head, ...rows], { indent: "  ", right: [1, 2, 3, 4, 5, 6] }))
      terminal.out(line);
    terminal.out("");
  }
}
