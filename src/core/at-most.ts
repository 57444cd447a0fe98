/**
 * What `work` makes of each item, in their order, with at most `count` at work at a time. The first failure stops the
 * others through their signal, is waited out, and thrown.
 */
export async function mapAtMost<Item, Result>(
  count: number,
  items: readonly Item[],
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result[]> {
  const stop = new AbortController();
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const results = new Map<number, Result>();
  const failures: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length && !stopped.aborted) {
      const at = next;
      next += 1;
      try {
        results.set(at, await work(items[at] as Item, stopped));
      } catch (error) {
        failures.push(error);
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, worker));
  if (failures.length > 0) throw failures[0];
  signal?.throwIfAborted();
  return items.map((_, at) => results.get(at) as Result);
}
