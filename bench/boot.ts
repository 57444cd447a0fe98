/** Power-on to login of the same image, in the lab: our stack beside dnsmasq and a directly started kernel. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { LabJob } from "../src/cli/boot-job.ts";
import { prepareLab } from "../src/cli/prepare.ts";
import { table } from "../src/cli/table.ts";
import type { Terminal } from "../src/cli/terminal.ts";
import { projectFolder, storeFolder } from "../src/core/folders.ts";
import { formatDuration } from "../src/core/units.ts";
import { hostFiles } from "../src/host/packages.ts";
import { StoreHolds } from "../src/images/store-holds.ts";
import type { LaneHost } from "../src/lab/lane-host.ts";
import type { LaneName } from "../src/lab/lanes.ts";
import { runInNamespace } from "../src/lab/namespace.ts";
import { loadSite } from "../src/site/load.ts";
import type { BenchJob, BootResult } from "./boot-inside.ts";
import type { BootRun } from "./boot-table.ts";
import { laneTables, legend, waitedShare } from "./boot-table.ts";
import type { Noise } from "./noise.ts";
import { measureNoise, stolenShare } from "./noise.ts";
import { versionOf } from "./peer.ts";
import { rounds } from "./rounds.ts";
import { runBench } from "./run-bench.ts";
import type { Trial, VariantName } from "./variants.ts";
import { variantNames, variants } from "./variants.ts";

const image = "rescue";

/** The peers of the bench are set up for these. */
const benched = ["bios-pxe", "uefi-pxe"] as const satisfies LaneName[];

const flags = z.strictObject({
  rounds: z.number().int().min(1).max(100).default(5).describe("Boots of each kind"),
  lane: z
    .enum([...benched, "all"])
    .default("all")
    .describe("Firmware and boot path"),
  seed: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe("Of the order within each round, to repeat a run as it was"),
});

/** Above this share of a boot, in percent, its time says more about the machine than about the variant. */
const starvedShare = 20;

await runBench({
  file: "bench/boot.ts",
  summary:
    "Compare power-on to login: our stack, a directly started kernel, and dnsmasq serving the same files",
  flags,
  async run({ rounds: count, lane, seed = Date.now() % 1_000_000 }, terminal, signal) {
    const chosen = benched.filter((name) => lane === "all" || lane === name);
    await using holds = new StoreHolds(storeFolder());
    const lab = await prepare(chosen, holds, terminal, signal);
    const programs = hostFiles();
    const nginx = programs.isProgram("nginx");
    const absent = missingPeers(programs.isProgram);
    const trials = chosen.flatMap((name) =>
      variantNames
        .filter((variant) => !absent.has(variant))
        .map((variant): Trial => ({ lane: name, variant })),
    );
    const parent = join(projectFolder, "reports", `${stamp()}-bench-boot`);

    const before = await measureNoise();
    const runs: BootRun[] = [];
    const order = [...rounds(trials, count, seed)];
    for (const { round, trial } of order) {
      const folder = join(parent, `${round}-${trial.lane}-${trial.variant}`);
      const result = await boot({ ...lab, ...trial, folder, nginx }, signal);
      const took = result ? formatDuration(result.totalMs) : `FAILED, see ${folder}`;
      terminal.err(`round ${round} of ${count}  ${trial.lane}  ${trial.variant}  ${took}`);
      if (result) runs.push({ ...trial, round, result });
    }
    const after = await measureNoise();

    const about = [
      ...fingerprint(lab, chosen),
      ...(await describePeers(nginx, absent, signal)),
      ["order", `shuffled in each round, --seed ${seed}`],
    ];
    const report = [
      ...chosen.flatMap((name) => ["", ...laneTables(name, runs, absent)]),
      ...["", ...legend()],
      ...["", ...noiseLines(before, after, runs)],
      ...["", ...table(about, { indent: "  " })],
    ];
    for (const line of report) terminal.out(line);
    return runs.length === order.length ? 0 : 1;
  },
});

/** Images are verified and firmware hashed here, so that every file is in the page cache before the first boot. */
async function prepare(
  chosen: readonly LaneName[],
  holds: StoreHolds,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<LabJob> {
  const { site } = await loadSite("quickstart");
  return await prepareLab(site, { images: [image], lanes: chosen }, { holds }, terminal, signal);
}

function missingPeers(isProgram: (name: string) => boolean): Map<VariantName, string> {
  return new Map(
    variantNames.flatMap((variant) => {
      const missing = variants[variant].needs.filter((name) => !isProgram(name));
      return missing.length === 0 ? [] : [[variant, `not run: ${missing.join(", ")} not installed`] as const];
    }),
  );
}

/** Undefined where it did not come up; what went wrong has been said then. */
async function boot(job: BenchJob, signal: AbortSignal): Promise<BootResult | undefined> {
  await mkdir(job.folder, { recursive: true });
  const code = await runInNamespace(join(import.meta.dirname, "boot-inside.ts"), job, { signal });
  signal.throwIfAborted();
  if (code !== 0) return undefined;
  return JSON.parse(await readFile(join(job.folder, "boot.json"), "utf8")) as BootResult;
}

async function describePeers(
  nginx: boolean,
  absent: ReadonlyMap<VariantName, string>,
  signal: AbortSignal,
): Promise<string[][]> {
  if (absent.has("dnsmasq")) return [];
  return [
    ["dnsmasq", `${await versionOf("dnsmasq", ["--version"], signal)}: DHCP, loader and script over TFTP`],
    nginx
      ? ["nginx", `${await versionOf("nginx", ["-v"], signal)}: kernel and initrd over HTTP`]
      : ["nginx", "not installed: dnsmasq serves kernel and initrd too, over TFTP"],
  ];
}

function fingerprint({ lanes, images }: LabJob, chosen: readonly LaneName[]): string[][] {
  const ran = chosen.flatMap((name) => lanes[name]?.ran ?? []);
  const unique = (what: keyof LaneHost["ran"]) => [...new Set(ran.map((each) => each[what]))];
  return [
    ["image", ...images.map(([name, { digest }]) => `${name}, digest ${digest}`)],
    ...(["qemu", "accelerator", "firmware"] as const).flatMap((what) =>
      unique(what).map((says) => [what, says]),
    ),
  ];
}

function noiseLines(before: Noise, after: Noise, runs: readonly BootRun[]): string[] {
  const load = `load average ${before.load.toFixed(2)} at the start, ${after.load.toFixed(2)} at the end`;
  const stolen = `${stolenShare(before, after).toFixed(2)} % of the processors' time was stolen`;
  const starved = runs.filter(({ result }) => (waitedShare(result) ?? 0) > starvedShare);
  return [
    `noise: ${load}; ${stolen}`,
    ...(starved.length === 0
      ? []
      : [
          `BUSY: in ${starved.length} of ${runs.length} boots somebody waited for a processor more than ${starvedShare} % of`,
          "the time: compare with care, or run it again when less is going on",
        ]),
  ];
}

/** `20261120-163059`, as the folders of boots begin. */
function stamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
}
