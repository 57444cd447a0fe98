/** A boot storm: many machines switched on at once, from DHCP to their kernel; our stack beside dnsmasq and nginx. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { DrybootError } from "../src/core/errors.ts";
import { projectFolder } from "../src/core/folders.ts";
import { runInNamespace } from "../src/lab/namespace.ts";
import { measureNoise, stolenShare } from "./noise.ts";
import { versionOf } from "./peer.ts";
import { rounds } from "./rounds.ts";
import { runBench } from "./run-bench.ts";
import type { StormJob, StormResult } from "./storm/inside.ts";
import { sides } from "./storm/inside.ts";
import { files } from "./storm/network.ts";
import type { Run } from "./storm/report.ts";
import { lossLines, stepTable, stormTable } from "./storm/report.ts";

/** As large as Debian's snponly.efi. */
const loaderBytes = 256 * 1024;
/** Of what is fetched over HTTP, the kernel; the rest is the initrd. */
const kernelShare = 0.2;

await runBench({
  file: "bench/storm.ts",
  summary: "Many machines switched on at once, beside dnsmasq and nginx.",
  flags: z.strictObject({
    clients: z.int().min(1).max(16_000).default(1000).describe("How many machines are switched on"),
    megabytes: z
      .number()
      .min(0.001)
      .max(1000)
      .default(50)
      .describe("Kernel and initrd of each, in 10^6 bytes"),
    rounds: z.int().min(1).max(100).default(1).describe("How often both sides meet the storm"),
    only: z.enum(["dryboot", "both"]).default("both").describe("Whose servers meet it"),
    seed: z.int().default(1).describe("The order within the rounds"),
  }),
  async run(flags, terminal, signal) {
    const time = new Date().toISOString().replaceAll(":", "");
    const folder = join(projectFolder, "reports", `${time}-bench-storm`);
    const absent = flags.only === "both" && (await isAbsent(signal));
    const present = flags.only === "dryboot" || absent ? sides.slice(0, 1) : sides;
    await using clean = new AsyncDisposableStack();
    const root = join(folder, "files");
    clean.defer(() => rm(root, { recursive: true, force: true }));
    await layOut(root, flags.megabytes * 1e6);
    const before = await measureNoise();
    const runs: Run[] = [];
    for (const { round, trial: side } of rounds(present, flags.rounds, flags.seed)) {
      terminal.err(`round ${round}: ${flags.clients} machines, ${flags.megabytes} MB each, ${side}`);
      const place = join(folder, `${round}-${side.replaceAll(/\W+/g, "-")}`);
      const job: StormJob = { folder: place, root, side, clients: flags.clients };
      runs.push({ round, side, result: await measure(job, signal) });
    }
    for (const line of [...stormTable(runs), "", ...stepTable(runs), ...lossLines(runs)]) terminal.out(line);
    if (absent) terminal.out("dnsmasq and nginx are not both installed: there is nobody to compare with");
    const after = await measureNoise();
    const load = `load ${before.load.toFixed(1)} before, ${after.load.toFixed(1)} after`;
    terminal.out(
      `${load}; ${stolenShare(before, after).toFixed(1)} % of the processors' time went to other guests of the host`,
    );
    return 0;
  },
});

async function layOut(root: string, bytes: number): Promise<void> {
  await mkdir(root, { recursive: true });
  const kernelBytes = Math.ceil(bytes * kernelShare);
  await writeFile(join(root, files.loader), randomBytes(loaderBytes));
  await writeFile(join(root, files.kernel), randomBytes(kernelBytes));
  await writeFile(join(root, files.initrd), randomBytes(Math.max(1, Math.floor(bytes - kernelBytes))));
}

async function isAbsent(signal: AbortSignal): Promise<boolean> {
  const [dnsmasq, nginx] = await Promise.all(
    [versionOf("dnsmasq", ["--version"], signal), versionOf("nginx", ["-v"], signal)].map((asked) =>
      asked.then(
        () => true,
        () => false,
      ),
    ),
  );
  return !(dnsmasq && nginx);
}

async function measure(job: StormJob, signal: AbortSignal): Promise<StormResult> {
  await mkdir(job.folder, { recursive: true });
  const code = await runInNamespace(join(import.meta.dirname, "storm/inside.ts"), job, { signal });
  signal.throwIfAborted();
  if (code !== 0) {
    throw new DrybootError(`the storm over ${job.side} could not be measured`, {
      ...{ code: "BENCH_FAILED", where: job.folder },
      hint: "read what it said above, and the servers' words in that folder",
    });
  }
  return JSON.parse(await readFile(join(job.folder, "result.json"), "utf8")) as StormResult;
}
