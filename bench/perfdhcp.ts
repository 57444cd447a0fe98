/** What one run of perfdhcp saw. */
export interface PerfResult {
  /** Four-way exchanges completed per second. */
  rate: number;
  /** DISCOVERs and REQUESTs without an answer within a second, in percent of those sent. */
  dropped: number;
  /** Of the answers, in milliseconds; undefined when there were none. */
  p50?: number;
  p99?: number;
}

/** Reads its report, with `-x t` for the time of every packet. Its own rate counts the time it only listened. */
export function readPerfdhcp(text: string, seconds: number): PerfResult {
  const numbers = (name: RegExp) => Array.from(text.matchAll(name), ([, value]) => Number(value));
  const sum = (values: readonly number[]) => values.reduce((all, each) => all + each, 0);
  const sent = sum(numbers(/sent packets: (\d+)/g));
  const delays = Array.from(
    text.matchAll(/sent \/ received: ([\d.]+) \/ ([\d.]+)/g),
    ([, from, to]) => (Number(to) - Number(from)) * 1000,
  ).sort((a, b) => a - b);
  const at = (share: number) => delays[Math.floor(share * (delays.length - 1))] ?? 0;
  return {
    rate: (numbers(/received packets: (\d+)/g)[1] ?? 0) / seconds, // the second is of REQUESTs and ACKs
    dropped: sent === 0 ? 100 : (100 * sum(numbers(/\bdrops: (\d+)/g))) / sent,
    ...(delays.length === 0 ? {} : { p50: at(0.5), p99: at(0.99) }),
  };
}
