import { styleText } from "node:util";
import type { Fact } from "../core/timeline.ts";
import { formatDuration } from "../core/units.ts";
import type { BootFacts } from "../lab/facts.ts";
import { fileRoles } from "../trace/file-roles.ts";
import { phasesOf } from "../trace/phases.ts";
import { dotPlot, summarizePhases, totalMs } from "../trace/statistics.ts";
import { parseMac } from "../wire/mac.ts";
import type { LabJob } from "./boot-job.ts";
import { table } from "./table.ts";

/** Several boots side by side, by their facts: median and spread of each phase. */
export function runsSummary(
  runs: readonly (readonly Fact<BootFacts>[])[],
  machine: { name: string; mac: string },
  lab: Pick<LabJob, "images" | "loaders">,
): string[] {
  const roleOf = fileRoles(
    lab.images,
    lab.loaders.map(([name]) => name),
  );
  const traced = { name: machine.name, mac: parseMac(machine.mac) ?? machine.mac };
  const boots = runs.map((facts) => phasesOf(facts, traced, roleOf));
  const rows = [...summarizePhases(boots)].map(([name, summary]) => [
    name,
    formatDuration(summary.median),
    formatDuration(summary.min),
    formatDuration(summary.max),
    `${(100 * summary.spread).toFixed(1)} %`,
  ]);
  const header = ["phase", "median", "least", "most", "spread"].map((cell) => styleText("bold", cell));
  const totals = boots.map(totalMs).filter((ms) => ms !== undefined);
  return [
    "",
    `${runs.length} runs:`,
    ...table([header, ...rows], { indent: "  ", right: [1, 2, 3, 4] }),
    "",
    `  power-on to ready: ${dotPlot(totals)}`,
  ];
}

/** From power-on until ready; undefined when it did not get that far. */
export function bootTookMs(
  facts: readonly Fact<BootFacts>[],
  machine: { name: string; mac: string },
  lab: Pick<LabJob, "images" | "loaders">,
): number | undefined {
  const roleOf = fileRoles(
    lab.images,
    lab.loaders.map(([name]) => name),
  );
  const traced = { name: machine.name, mac: parseMac(machine.mac) ?? machine.mac };
  return totalMs(phasesOf(facts, traced, roleOf));
}
