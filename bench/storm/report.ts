import { table } from "../../src/cli/table.ts";
import { formatDuration, formatSize } from "../../src/core/units.ts";
import { summarize } from "../../src/trace/statistics.ts";
import { steps } from "./boot.ts";
import { figuresOf } from "./figures.ts";
import type { Side, StormResult } from "./inside.ts";
import { sides } from "./inside.ts";

export type Run = Readonly<{ round: number; side: Side; result: StormResult }>;

/** Medians over the rounds, and of our time over theirs in the same round. */
export function stormTable(runs: readonly Run[]): string[] {
  const head = [
    "",
    "all are up",
    "dryboot's is",
    "p50",
    "p99",
    "MB/s",
    "lost",
    "asked again",
    "memory",
    "servers' CPU",
    "clients' CPU",
  ];
  const rows = sidesIn(runs).map((side) => {
    const own = runs.filter((run) => run.side === side);
    const median = (value: (run: Run) => number | undefined) =>
      summarize(own.flatMap((run) => value(run) ?? []))?.median;
    const time = (value: (run: Run) => number | undefined) => durationOr(median(value));
    const figures = (run: Run) => figuresOf(run.result.boots);
    const ratio = median((run) => {
      const ours = runs.find(({ round, side }) => round === run.round && side === "dryboot");
      return ours && ours.result.totalMs / run.result.totalMs;
    });
    return [
      side,
      time(({ result }) => result.totalMs),
      ratio === undefined ? "-" : `${ratio.toFixed(2)}x`,
      time((run) => figures(run).perClient?.p50),
      time((run) => figures(run).perClient?.p99),
      (median((run) => figures(run).bytes / 1000 / run.result.totalMs) ?? 0).toFixed(0),
      `${median((run) => figures(run).lost)}`,
      `${median((run) => figures(run).again)}`,
      formatSize(median(({ result }) => result.peakBytes) ?? 0),
      time(({ result }) => result.serverCpuMs),
      time(({ result }) => result.cpuMs),
    ];
  });
  return table([head, ...rows], { right: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] });
}

/** How long each step of a boot took, in the middle and for the slowest hundredth. */
export function stepTable(runs: readonly Run[]): string[] {
  const present = sidesIn(runs);
  const head = ["p50, p99 of each step", ...present.flatMap((side) => [side, ""])];
  const rows = steps.map((step) => [
    step,
    ...present.flatMap((side) => {
      const spreads = runs
        .filter((run) => run.side === side)
        .flatMap(({ result }) => figuresOf(result.boots).perStep.get(step) ?? []);
      return (["p50", "p99"] as const).map((name) =>
        durationOr(summarize(spreads.map((spread) => spread[name]))?.median),
      );
    }),
  ]);
  return table([head, ...rows], { right: present.flatMap((_, at) => [2 * at + 1, 2 * at + 2]) });
}

/** Who did not come through, where, and why. */
export function lossLines(runs: readonly Run[]): string[] {
  return runs.flatMap(({ round, side, result }) =>
    [...figuresOf(result.boots).losses].map(
      ([what, count]) => `lost in round ${round}, ${side}: ${count} at ${what}`,
    ),
  );
}

const sidesIn = (runs: readonly Run[]) => sides.filter((side) => runs.some((run) => run.side === side));

const durationOr = (ms: number | undefined) => (ms === undefined ? "-" : formatDuration(ms));
