/** Files over HTTP: our server beside nginx with sendfile, loaded by wrk over loopback in namespaces of their own. */
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { table } from "../src/cli/table.ts";
import { DrybootError } from "../src/core/errors.ts";
import { formatSize } from "../src/core/units.ts";
import { runInNamespace } from "../src/lab/namespace.ts";
import { summarize } from "../src/trace/statistics.ts";
import type { HttpJob, HttpResult, HttpServerName } from "./http-inside.ts";
import { measureNoise, stolenShare } from "./noise.ts";
import { rounds } from "./rounds.ts";
import { runBench } from "./run-bench.ts";

const usualCache = 128 * 2 ** 20;
const loads = [
  { says: "200 MB, in our memory", file: "large", connections: 1, hotBytes: 2 ** 30 },
  { says: "200 MB, from the page cache", file: "large", connections: 1, hotBytes: usualCache },
  { says: "100 KB, 32 at once", file: "middle", connections: 32, hotBytes: usualCache },
  { says: "1 KB, 32 at once", file: "small", connections: 32, hotBytes: usualCache },
  { says: "20 MB, 1,000 at once", file: "initrd", connections: 1000, hotBytes: usualCache },
  { says: "20 MB, 1,000 at once, no cache", file: "initrd", connections: 1000, hotBytes: 0 },
] as const;
const sizes = { large: 200e6, initrd: 20e6, middle: 100e3, small: 1e3 };
const servers = ["dryboot", "nginx"] as const;

type Trial = Readonly<{ server: HttpServerName; load: (typeof loads)[number] }>;
type Run = Trial & Readonly<{ round: number; result: HttpResult }>;

await runBench({
  file: "bench/http.ts",
  summary: "Files over HTTP, beside nginx (sendfile).",
  flags: z.strictObject({
    rounds: z.int().min(1).max(100).default(3).describe("How often every server meets every load"),
    seconds: z.int().min(1).max(60).default(3).describe("How long a load lasts"),
    seed: z.int().default(1).describe("The order within the rounds"),
  }),
  async run(flags, terminal, signal) {
    await using clean = new AsyncDisposableStack();
    const place = await mkdtemp(join(tmpdir(), "dryboot-bench-http-"));
    clean.defer(() => rm(place, { recursive: true }));
    const root = join(place, "root");
    await mkdir(root);
    for (const [name, size] of Object.entries(sizes)) await writeFile(join(root, name), randomBytes(size));
    const before = await measureNoise();
    const runs: Run[] = [];
    const trials = loads.flatMap((load) => servers.map((server): Trial => ({ server, load })));
    for (const { round, trial } of rounds(trials, flags.rounds, flags.seed)) {
      terminal.err(`round ${round}: ${trial.server}, ${trial.load.says}`);
      const { says: _, ...load } = trial.load;
      const folder = join(place, `${runs.length}`);
      const job = { ...load, folder, root, server: trial.server, seconds: flags.seconds };
      runs.push({ ...trial, round, result: await measure(job, signal) });
    }
    for (const line of report(runs)) terminal.out(line);
    const after = await measureNoise();
    const load = `load ${before.load.toFixed(1)} before, ${after.load.toFixed(1)} after`;
    terminal.out(`${load}; ${stolenShare(before, after).toFixed(1)} % went to other guests of the host`);
    return 0;
  },
});

async function measure(job: HttpJob, signal: AbortSignal): Promise<HttpResult> {
  await mkdir(job.folder);
  const code = await runInNamespace(join(import.meta.dirname, "http-inside.ts"), job, { signal });
  signal.throwIfAborted();
  if (code !== 0) {
    throw new DrybootError(`${job.server} could not be measured`, {
      ...{ code: "BENCH_FAILED", where: "bench/http.ts" },
      hint: "read what was said above; wrk and nginx must be installed (Debian: wrk, nginx-light)",
    });
  }
  return JSON.parse(await readFile(join(job.folder, "result.json"), "utf8")) as HttpResult;
}

/** Medians over the rounds, and of our bytes per second over nginx's in the same round. */
function report(runs: readonly Run[]): string[] {
  const head = ["", "server", "MB/s", "requests/s", "dryboot's is", "errors", "memory"];
  const rows = loads.flatMap((load) =>
    servers.map((server) => {
      const own = runs.filter((run) => run.load === load && run.server === server);
      const median = (value: (run: Run) => number) => summarize(own.map(value))?.median ?? 0;
      const ratio = median(({ round, result }) => {
        const ours = runs.find((run) => run.load === load && run.round === round && run.server === "dryboot");
        return (ours?.result.bytes ?? 0) / result.bytes;
      });
      return [
        server === "dryboot" ? load.says : "",
        server,
        (median(({ result }) => result.bytes) / 1e6).toFixed(0),
        median(({ result }) => result.requests).toFixed(0),
        `${ratio.toFixed(2)}x`,
        median(({ result }) => result.errors).toFixed(0),
        formatSize(median(({ result }) => result.peakBytes)),
      ];
    }),
  );
  return table([head, ...rows], { right: [2, 3, 4, 5, 6] });
}
