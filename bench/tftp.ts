/** TFTP transfers: our server beside atftpd and dnsmasq, all asked by the client atftp. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { table } from "../src/cli/table.ts";
import type { Terminal } from "../src/cli/terminal.ts";
import { DrybootError } from "../src/core/errors.ts";
import { projectFolder } from "../src/core/folders.ts";
import { runInNamespace } from "../src/lab/namespace.ts";
import { summarize } from "../src/trace/statistics.ts";
import { measureNoise, stolenShare } from "./noise.ts";
import { versionOf } from "./peer.ts";
import { rounds } from "./rounds.ts";
import { runBench } from "./run-bench.ts";
import type { TftpJob, TftpResult } from "./tftp-inside.ts";
import type { ServerName } from "./tftp-servers.ts";
import { programs, serverNames } from "./tftp-servers.ts";

/** Servers that know windows (RFC 7440); the others would send in lock step. */
const windowed: readonly ServerName[] = ["dryboot", "atftpd"];

const loads = [
  ...[512, 1428, 1468].map((blksize) => ({ blksize, windowsize: 1, loss: false })),
  ...[4, 16, 64].map((windowsize) => ({ blksize: 1428, windowsize, loss: false })),
  ...[1, 4, 16, 64].map((windowsize) => ({ blksize: 1428, windowsize, loss: true })),
].map((load) => ({ ...load, crowd: 1, sizeBytes: load.loss ? 2e6 : load.windowsize === 1 ? 2e7 : 1e8 }));

const crowd: Trial["load"] = { blksize: 1428, windowsize: 1, loss: false, crowd: 500, sizeBytes: 5e5 };

type Trial = Readonly<{
  server: ServerName;
  load: Pick<TftpJob, "blksize" | "windowsize" | "loss" | "crowd"> & { sizeBytes: number };
}>;
type Run = Trial & Readonly<{ round: number; result: TftpResult }>;

function titleOf({ blksize, windowsize, loss, sizeBytes, crowd }: Trial["load"]): string {
  const pace = windowsize === 1 ? "lock step" : `windows of ${windowsize}`;
  const times = crowd > 1 ? `${crowd} times at once ` : "";
  return `${times}${sizeBytes / 1e6} MB in blocks of ${blksize}, ${pace}${loss ? ", 1 % lost" : ""}`;
}

await runBench({
  file: "bench/tftp.ts",
  summary: "TFTP speed beside atftpd and dnsmasq.",
  flags: z.strictObject({
    rounds: z.int().min(1).max(100).default(3).describe("How often every server meets every load"),
    only: z.string().default("").describe("Loads whose title holds these words, as `windows of 4`"),
    seed: z.int().default(1).describe("The order within the rounds"),
  }),
  async run(flags, terminal, signal) {
    const absent = await absentPrograms(signal);
    if (absent.has("atftp")) {
      throw new DrybootError("without atftp there is no client", {
        ...{ code: "PEER_MISSING", where: "bench/tftp.ts", exitCode: 2 },
        hint: "install it: Debian has it in the package atftp",
      });
    }
    const time = new Date().toISOString().replaceAll(":", "");
    const folder = join(projectFolder, "reports", `${time}-bench-tftp`);
    const wanted = [...loads, crowd].filter((load) => titleOf(load).includes(flags.only));
    const trials = wanted.flatMap((load) =>
      serverNames
        .filter((server) => !absent.has(server) && (load.windowsize === 1 || windowed.includes(server)))
        .map((server): Trial => ({ server, load })),
    );
    const before = await measureNoise();
    const runs: Run[] = [];
    for (const { round, trial } of rounds(trials, flags.rounds, flags.seed)) {
      terminal.err(`round ${round}: ${trial.server}, ${titleOf(trial.load)}`);
      runs.push({ ...trial, round, result: await measure(folder, round, trial, signal) });
    }
    report(runs, absent, terminal);
    reportCrowd(runs, terminal);
    const after = await measureNoise();
    terminal.out(
      `load ${before.load.toFixed(1)} before, ${after.load.toFixed(1)} after; ${stolenShare(before, after).toFixed(1)} % of the processors' time went to other guests of the host`,
    );
    return 0;
  },
});

async function measure(
  folder: string,
  round: number,
  { server, load }: Trial,
  signal: AbortSignal,
): Promise<TftpResult> {
  const { sizeBytes, ...asked } = load;
  const { blksize, windowsize, loss, crowd } = asked;
  const name = [round, server, blksize, windowsize, crowd, ...(loss ? ["loss"] : [])].join("-");
  const files = join(folder, `files-${sizeBytes}`);
  const job: TftpJob = { ...asked, server, files, folder: join(folder, name) };
  await Promise.all([files, job.folder].map((each) => mkdir(each, { recursive: true })));
  await writeFile(join(files, "file"), Buffer.alloc(sizeBytes, "dryboot "));
  const code = await runInNamespace(join(import.meta.dirname, "tftp-inside.ts"), job, { signal });
  signal.throwIfAborted();
  if (code !== 0) {
    throw new DrybootError("one measurement failed", {
      ...{ code: "BENCH_FAILED", where: job.folder },
      hint: "read what it said above, and server.log in its folder",
    });
  }
  await rm(join(job.folder, "fetched"), { force: true });
  return JSON.parse(await readFile(join(job.folder, "result.json"), "utf8")) as TftpResult;
}

async function absentPrograms(signal: AbortSignal): Promise<ReadonlySet<string>> {
  const absent = new Set<string>();
  for (const [name, [file = "", ...args]] of Object.entries(programs)) {
    await versionOf(file, args, signal).catch(() => absent.add(name));
  }
  return absent;
}

/** Medians over the rounds, and of our speed over theirs in the same round. */
function report(runs: readonly Run[], absent: ReadonlySet<string>, terminal: Terminal): void {
  for (const load of loads.filter((load) => runs.some((run) => run.load === load))) {
    const of = (server: ServerName) => runs.filter((run) => run.load === load && run.server === server);
    const rows = serverNames.map((server) => {
      if (absent.has(server)) return [server, "not installed"];
      if (of(server).length === 0) return [server, "knows no windows"];
      const median = (value: (run: Run) => number | undefined) =>
        summarize(of(server).flatMap((run) => value(run) ?? []))?.median;
      const speed = median(({ result }) => result.bytesPerSecond[0]);
      const ratio = median(
        ({
          round,
          result: {
            bytesPerSecond: [theirs],
          },
        }) => {
          const ours = of("dryboot").find((run) => run.round === round)?.result.bytesPerSecond[0];
          return ours && theirs ? ours / theirs : undefined;
        },
      );
      const failed = of(server).filter(({ result }) => result.failed > 0).length;
      return [
        server,
        speed === undefined ? "-" : (speed / 1e6).toFixed(1),
        ratio === undefined ? "-" : `${ratio.toFixed(2)}x`,
        `${failed}`,
      ];
    });
    terminal.out(titleOf(load));
    const head = ["", "MB/s", "dryboot's is", "failed"];
    for (const line of table([head, ...rows], { indent: "  ", right: [1, 2, 3] })) terminal.out(line);
    terminal.out("");
  }
}

/** The rates of single transfers among many: who is starved shows in the least. */
function reportCrowd(runs: readonly Run[], terminal: Terminal): void {
  const rows = serverNames.flatMap((server) => {
    const own = runs.filter((run) => run.load === crowd && run.server === server);
    if (own.length === 0) return [];
    const all = own.map(({ result }) => result.bytesPerSecond.toSorted((a, b) => a - b));
    const each = (of: (rates: readonly number[]) => number | undefined) =>
      ((summarize(all.map((rates) => of(rates) ?? 0))?.median ?? 0) / 1e3).toFixed(0);
    const failed = own.reduce((sum, { result }) => sum + result.failed, 0);
    const inAll = each((rates) => (rates[0] ?? 0) * rates.length); // the slowest ends last
    return [
      [
        server,
        inAll,
        each((rates) => rates[0]),
        each((rates) => rates[rates.length >> 1]),
        each((rates) => rates.at(-1)),
        `${failed}`,
      ],
    ];
  });
  if (rows.length === 0) return;
  terminal.out(titleOf(crowd));
  const head = ["", "KB/s in all", "least", "median", "most", "failed"];
  for (const line of table([head, ...rows], { indent: "  ", right: [1, 2, 3, 4, 5] })) terminal.out(line);
  terminal.out("");
}
