import { table } from "../src/cli/table.ts";
import { formatDuration } from "../src/core/units.ts";
import { lanes } from "../src/lab/lanes.ts";
import { summarize } from "../src/trace/statistics.ts";
import type { BootResult } from "./boot-inside.ts";
import { consolePhases } from "./console-phases.ts";
import type { Trial, VariantName } from "./variants.ts";
import { variantNames, variants } from "./variants.ts";

/** One boot that came up. */
export interface BootRun extends Trial {
  round: number;
  result: BootResult;
}

const ours: VariantName = "dryboot";

/** One lane: every variant's time beside ours, and in which phase it went. `absent` says why a variant has no boots. */
export function laneTables(
  lane: Trial["lane"],
  runs: readonly BootRun[],
  absent: ReadonlyMap<VariantName, string>,
): string[] {
  const ofLane = runs.filter((run) => run.lane === lane);
  const of = (variant: VariantName) => ofLane.filter((run) => run.variant === variant);
  const rows = variantNames.map((variant) => totalsRow(variant, of(variant), of(ours), absent.get(variant)));
  return [
    `${lane}: ${lanes[lane].says}`,
    ...table([["", "boots", "median", "least", "most", "ratio", "QEMU's CPU"], ...rows], {
      indent: "  ",
      right: [1, 2, 3, 4, 5, 6],
    }),
    "",
    ...table(phaseRows(of), { indent: "  ", right: variantNames.map((_, column) => column + 1) }),
  ];
}

/** What the names of the variants stand for. */
export function legend(): string[] {
  return table(
    variantNames.map((name) => [name, variants[name].says]),
    { indent: "  " },
  );
}

function totalsRow(
  variant: VariantName,
  runs: readonly BootRun[],
  base: readonly BootRun[],
  absent: string | undefined,
): string[] {
  const total = summarize(runs.map(({ result }) => result.totalMs));
  if (total === undefined) return [variant, "0", absent ?? "none came up"];
  const ratio = summarize(pairedRatios(runs, base))?.median;
  const cpu = summarize(runs.map(({ result }) => (100 * result.cpuMs) / result.totalMs));
  return [
    variant,
    String(total.count),
    ...[total.median, total.min, total.max].map(formatDuration),
    ratio === undefined ? "" : ratio.toFixed(2),
    cpu === undefined ? "" : `${cpu.median.toFixed(0)} %`,
  ];
}

/** Within one round, so that what slowed down the whole round cancels out. */
export function pairedRatios(runs: readonly BootRun[], base: readonly BootRun[]): number[] {
  return runs.flatMap(({ round, result }) => {
    const partner = base.find((run) => run.round === round);
    return partner ? [result.totalMs / partner.result.totalMs] : [];
  });
}

function phaseRows(of: (variant: VariantName) => readonly BootRun[]): string[][] {
  const rows = consolePhases.map((phase) => [
    phase,
    ...variantNames.map((variant) => {
      const took = of(variant).flatMap(({ result }) => result.phases[phase] ?? []);
      const median = summarize(took)?.median;
      return median === undefined ? "" : formatDuration(median);
    }),
  ]);
  return [["phase", ...variantNames], ...rows.filter((row) => row.slice(1).some((cell) => cell !== ""))];
}
