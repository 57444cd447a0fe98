import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { DrybootError } from "../core/errors.ts";
import { logFiles } from "./fact-log.ts";
import type { LogEntry } from "./log-entry.ts";

/** The last `most` entries of a folder's log that `wanted` picks, oldest first. `wanted` sees every entry once. */
export async function lastEntries(
  folder: string,
  most: number,
  wanted: (entry: LogEntry) => boolean = () => true,
): Promise<LogEntry[]> {
  let kept: LogEntry[] = [];
  for await (const entry of entriesIn(folder)) {
    if (!wanted(entry)) continue;
    kept.push(entry);
    if (kept.length >= 2 * most + 1000) kept = kept.slice(-most); // now and then, not at every entry
  }
  return kept.slice(-most);
}

/** Every entry of a folder's log, oldest first; or only those in its last bytes. */
export async function* entriesIn(folder: string, lastBytes = Infinity): AsyncGenerator<LogEntry> {
  const parts: { path: string; start: number }[] = [];
  let left = lastBytes;
  for (const path of logFiles(folder)) {
    if (left <= 0) break;
    const { size } = await stat(path).catch(() => ({ size: 0 })); // `linesOf` says why it cannot be read
    parts.unshift({ path, start: Math.max(0, size - left) });
    left -= size;
  }
  for (const { path, start } of parts) {
    for await (const line of linesOf(path, start)) {
      const entry = entryIn(line); // none, where `start` cut the first line in two
      if (entry !== undefined) yield entry;
    }
  }
}

/** An entry, or undefined for a line that a crash or a full disk cut short. */
export function entryIn(line: string): LogEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null) return undefined;
    const { time, type } = value as Partial<LogEntry>;
    return typeof time === "string" && typeof type === "string" ? (value as LogEntry) : undefined;
  } catch {
    return undefined;
  }
}

async function* linesOf(path: string, start: number): AsyncGenerator<string> {
  const stream = createReadStream(path, { start });
  try {
    yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return; // not yet that many files
    throw new DrybootError(`cannot read the log ${path}`, {
      code: "LOG_UNREADABLE",
      where: path,
      hint:
        code === "EACCES"
          ? "read it as root, or as the user the server runs as"
          : "name the server's folder with --state DIR",
      cause,
    });
  } finally {
    stream.destroy();
  }
}
