/** Long enough that a burst of questions costs one look, too short for anybody to notice. */
const shortestFreshMs = 50;

/**
 * What `build` makes of a source that changes without saying so, not older than a moment. Where it takes long, it is
 * used twenty times that long, so that looking never takes more than a twentieth of the time.
 */
export function refreshed<T>(build: () => T, now: () => number = () => performance.now()): () => T {
  let kept: { value: T; untilMs: number } | undefined;
  return () => {
    const begun = now();
    if (kept !== undefined && begun < kept.untilMs) return kept.value;
    const value = build();
    kept = { value, untilMs: begun + Math.max(shortestFreshMs, 20 * (now() - begun)) };
    return value;
  };
}
