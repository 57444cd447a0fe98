/** A function that is true at most once per `intervalMs`, and not before `firstAfterMs` have passed. */
export function throttle(intervalMs: number, firstAfterMs = 0): () => boolean {
  let next = performance.now() + firstAfterMs;
  return () => {
    const now = performance.now();
    if (now < next) return false;
    next = now + intervalMs;
    return true;
  };
}
