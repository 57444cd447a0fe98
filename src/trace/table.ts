import { printable } from "../core/printable.ts";
import { formatDuration, formatSize } from "../core/units.ts";
import type { EventCounts } from "./counts.ts";
import type { Phase, PhaseName } from "./phase.ts";

/** One line of a boot's table. Times count from the first phase: power-on, in a lab. */
export interface PhaseRow {
  /** A phase, or the pause after one, in which a client waited, thought or ran without a sign. */
  name: PhaseName | `after ${PhaseName}`;
  startMs: number;
  /** Absent: not over, or nobody knows. */
  tookMs?: number;
  source?: Phase["source"];
  problem?: string;
}

/** Shorter pauses are no news. */
const shortestPauseMs = 100;

/** The phases with the pauses between them, so that no second of a boot is missing from the sum. */
export function rowsOf(phases: readonly Phase[]): PhaseRow[] {
  const zero = phases[0]?.startMs ?? 0;
  return phases.flatMap((phase, index) => {
    const { phase: name, startMs, endMs, source, problem } = phase;
    const row: PhaseRow = {
      name,
      startMs: startMs - zero,
      source,
      ...(endMs === undefined ? {} : { tookMs: endMs - startMs }),
      ...(problem === undefined ? {} : { problem }),
    };
    const next = phases[index + 1];
    const pauseMs = next && endMs !== undefined ? next.startMs - endMs : 0;
    if (endMs === undefined || pauseMs < shortestPauseMs) return [row];
    return [row, { name: `after ${name}` as const, startMs: endMs - zero, tookMs: pauseMs }];
  });
}

export const tableHeader = ["phase", "at", "took", "packets", "bytes", "from"] as const;

/** Cells to print, a row per phase or pause, under `tableHeader`; safe to print, whatever a client named its files. */
export function tableOf(
  phases: readonly Phase[],
  counts: ReadonlyMap<PhaseName, Readonly<EventCounts>> = new Map(),
): string[][] {
  return rowsOf(phases).map((row) => {
    const count = row.source && counts.get(row.name as PhaseName);
    const retries = count && count.retries > 0 ? ` (${count.retries} again)` : "";
    return [
      row.name,
      formatDuration(row.startMs),
      tookText(row),
      count?.packets ? `${count.packets}${retries}` : "",
      count?.bytes ? formatSize(count.bytes) : "",
      row.problem === undefined ? (row.source ?? "") : `${row.source}: ${printable(row.problem)}`,
    ];
  });
}

/** Power-on and ready are moments; whatever else has no end is still going on, or was when it stopped. */
function tookText(row: PhaseRow): string {
  if (row.name === "power-on" || row.name === "ready") return "";
  return row.tookMs === undefined ? "?" : formatDuration(row.tookMs);
}
