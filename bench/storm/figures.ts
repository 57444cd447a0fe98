import type { Booted, Step } from "./boot.ts";
import { steps } from "./boot.ts";

/** The value that this share of all values does not exceed (nearest rank); undefined for none. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

export type Spread = Readonly<{ p50: number; p99: number }>;

export interface StormFigures {
  /** From the first question to the last machine's kernel. */
  perClient: Spread | undefined;
  perStep: ReadonlyMap<Step, Spread>;
  /** How often machines had to ask again. */
  again: number;
  bytes: number;
  lost: number;
  /** Where machines were lost and why, and how many. */
  losses: ReadonlyMap<string, number>;
}

/** What a storm was like for those who came through it, and what became of the others. */
export function figuresOf(boots: readonly Booted[]): StormFigures {
  const through = boots.filter(({ lost }) => lost === undefined);
  const losses = new Map<string, number>();
  for (const { lost } of boots) {
    if (lost === undefined) continue;
    const what = `${lost.step}: ${lost.why}`;
    losses.set(what, (losses.get(what) ?? 0) + 1);
  }
  const perStep = new Map<Step, Spread>();
  for (const [at, step] of steps.entries()) {
    // Also of those who were lost later.
    const spread = spreadOf(boots.flatMap(({ ms }) => ms[at] ?? []));
    if (spread) perStep.set(step, spread);
  }
  return {
    perClient: spreadOf(through.map(({ ms }) => ms.reduce((sum, each) => sum + each, 0))),
    perStep,
    again: boots.reduce((sum, { again }) => sum + again, 0),
    bytes: boots.reduce((sum, { bytes }) => sum + bytes, 0),
    lost: boots.length - through.length,
    losses,
  };
}

function spreadOf(values: readonly number[]): Spread | undefined {
  const [p50, p99] = [percentile(values, 0.5), percentile(values, 0.99)];
  return p50 === undefined || p99 === undefined ? undefined : { p50, p99 };
}
