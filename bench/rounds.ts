/**
 * The order of a benchmark: every round runs each trial once, in an order of its own. What drifts while it runs (load,
 * heat, a cache that fills) then meets all trials alike, and values of one round may be compared as a pair.
 */
export function* rounds<Trial>(
  trials: readonly Trial[],
  count: number,
  seed: number,
): Generator<{ round: number; trial: Trial }> {
  const random = randomFrom(seed);
  for (let round = 1; round <= count; round += 1) {
    for (const trial of shuffled(trials, random)) yield { round, trial };
  }
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(Math.floor(random() * left.length), 1));
}

/** Mulberry32: the same seed gives the same order, so that a run can be repeated as it was. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
