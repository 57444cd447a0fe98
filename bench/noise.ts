import { readFile } from "node:fs/promises";
import { loadavg } from "node:os";

/** Clock ticks per second in /proc: 100 on every Linux that Node runs on (`getconf CLK_TCK`). */
const ticksPerSecond = 100;

/** What else this machine was doing. A timing without it cannot be judged. */
export interface Noise {
  /** Of the last minute. */
  load: number;
  /** Ticks since the host started: taken by other guests of *its* host, and all. */
  stolen: number;
  all: number;
}

export async function measureNoise(): Promise<Noise> {
  const [load = 0] = loadavg();
  return { load, ...readCpuTicks(await readFile("/proc/stat", "utf8")) };
}

/** The first line of /proc/stat: user nice system idle iowait irq softirq steal, and guest, which user includes. */
export function readCpuTicks(stat: string): Pick<Noise, "stolen" | "all"> {
  const ticks = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? "").split(" ").slice(0, 8).map(Number);
  return { stolen: ticks[7] ?? 0, all: ticks.reduce((sum, each) => sum + each, 0) };
}

/** Percent of the processors' time between two looks that went to other guests of our host. */
export function stolenShare(before: Noise, after: Noise): number {
  const all = after.all - before.all;
  return all === 0 ? 0 : (100 * (after.stolen - before.stolen)) / all;
}

/** Processor time a process has used, in milliseconds; all its threads, user and system. */
export async function processCpuMs(pid: number): Promise<number> {
  return readProcessCpuMs(await readFile(`/proc/${pid}/stat`, "utf8"));
}

/** Fields 14 and 15 of proc(5); the name in field 2 may hold anything, so counting begins behind its last parenthesis. */
export function readProcessCpuMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}
