import { formatDuration } from "../core/units.ts";
import type { Phase, PhaseName } from "./phase.ts";
import { phaseNames } from "./phase.ts";

/** A handful of measurements of one thing. Outliers stay in: they are measurements too. */
export interface Summary {
  count: number;
  min: number;
  lowerQuartile: number;
  median: number;
  upperQuartile: number;
  max: number;
  /** Distance of the quartiles in relation to the median: how far to trust one run. 0 when the median is. */
  spread: number;
}

/** Undefined for no values at all. Quartiles are interpolated between the two values next to them. */
export function summarize(values: readonly number[]): Summary | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) return undefined;
  const [lowerQuartile, median, upperQuartile] = [0.25, 0.5, 0.75].map((share) =>
    quantile(sorted, share),
  ) as [number, number, number];
  const spread = median === 0 ? 0 : (upperQuartile - lowerQuartile) / median;
  return { count: sorted.length, min, lowerQuartile, median, upperQuartile, max, spread };
}

function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}

/** How long each phase took over several boots, and `total` from power-on to ready; only where both ends are known. */
export function summarizePhases(boots: readonly (readonly Phase[])[]): Map<PhaseName | "total", Summary> {
  const summaries = new Map<PhaseName | "total", Summary>();
  for (const name of [...phaseNames, "total"] as const) {
    const took = boots.map((phases) => (name === "total" ? totalMs(phases) : tookMs(phases, name)));
    const summary = summarize(took.filter((ms) => ms !== undefined));
    if (summary) summaries.set(name, summary);
  }
  return summaries;
}

/** Milliseconds from power-on to ready, or undefined when the boot did not get there. */
export function totalMs(phases: readonly Phase[]): number | undefined {
  const from = phases.find(({ phase }) => phase === "power-on");
  const to = phases.find(({ phase }) => phase === "ready");
  return from && to && to.startMs - from.startMs;
}

function tookMs(phases: readonly Phase[], name: PhaseName): number | undefined {
  const found = phases.find(({ phase }) => phase === name);
  return found?.endMs === undefined ? undefined : found.endMs - found.startMs;
}

/**
 * Durations as a strip of text, one column per slice of the range: `4.98 s ▕ ·  2 3·      ·▏ 5.61 s`. A dot is one value,
 * a figure says how many share the slice, `+` is ten or more.
 */
export function dotPlot(valuesMs: readonly number[], width = 40): string {
  if (valuesMs.length === 0) return "";
  const min = Math.min(...valuesMs);
  const max = Math.max(...valuesMs);
  const slices = Array.from({ length: Math.max(1, width) }, () => 0);
  for (const value of valuesMs) {
    const share = max === min ? 0.5 : (value - min) / (max - min);
    const slice = Math.min(slices.length - 1, Math.floor(share * slices.length));
    slices[slice] = (slices[slice] ?? 0) + 1;
  }
  const strip = slices.map(dot).join("");
  return `${formatDuration(min)} ▕${strip}▏ ${formatDuration(max)}`;
}

function dot(count: number): string {
  if (count === 0) return " ";
  if (count === 1) return "·";
  return count < 10 ? String(count) : "+";
}
