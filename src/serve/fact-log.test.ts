import { appendFile, mkdtemp, readdir, readFile, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { FactLog } from "./fact-log.ts";
import type { LogEntry } from "./log-entry.ts";
import { entriesIn, lastEntries } from "./read-log.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "dryboot-log-"));
});
afterEach(() => rm(folder, { recursive: true }));

const entry = (seq: number): LogEntry => ({
  time: "2026-11-20T17:00:00.000Z",
  seq,
  at: 0,
  type: "ndp.solicited",
  from: "x".repeat(100),
});
const numbers = (entries: readonly LogEntry[]) => entries.map(({ seq }) => seq);
const silentTrouble = () => {};

describe("the log", () => {
  test("keeps entries in order across files of bounded size and number", async () => {
    const options = { fileBytes: 1000, files: 3, onTrouble: silentTrouble };
    {
      await using log = await FactLog.open(folder, options);
      for (let seq = 0; seq < 40; seq += 1) {
        log.write(entry(seq));
        await log.flush();
      }
    }
    expect((await readdir(folder)).sort()).toEqual(["log.1.ndjson", "log.2.ndjson", "log.ndjson"]);
    for (const name of await readdir(folder)) {
      const { size, mode } = await stat(join(folder, name));
      expect(size).toBeLessThanOrEqual(1000);
      expect(mode & 0o777).toBe(0o600);
    }
    const kept = numbers(await lastEntries(folder, 1000));
    expect(kept.at(-1)).toBe(39);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => 40 - kept.length + index));
    expect(numbers(await lastEntries(folder, 2))).toEqual([38, 39]);
  });

  test("is read from its end where not all of it is wanted, whole entries only", async () => {
    {
      await using log = await FactLog.open(folder, { fileBytes: 1000, onTrouble: silentTrouble });
      for (let seq = 0; seq < 20; seq += 1) {
        log.write(entry(seq));
        await log.flush();
      }
    }
    const oneBytes = Buffer.byteLength(`${JSON.stringify(entry(19))}\n`);
    const last = async (bytes: number) => {
      const entries: LogEntry[] = [];
      for await (const each of entriesIn(folder, bytes)) entries.push(each);
      return numbers(entries);
    };
    expect(await last(3 * oneBytes)).toEqual([17, 18, 19]);
    expect(await last(3 * oneBytes - 1)).toEqual([18, 19]);
    expect(await last(9 * oneBytes + 5)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19]); // in three files
    expect(await last(0)).toEqual([]);
    expect(await last(1e9)).toEqual(await last(Infinity));
  });

  test("goes on after what is there, and a line that a crash cut short is left out", async () => {
    for (const seq of [1, 2]) {
      await using log = await FactLog.open(folder, { onTrouble: silentTrouble });
      log.write(entry(seq));
      await log.flush();
      if (seq === 1) await appendFile(join(folder, "log.ndjson"), '{"time":"2026\n');
    }
    expect(numbers(await lastEntries(folder, 10))).toEqual([1, 2]);
  });

  test("picks what is asked for before it counts", async () => {
    {
      await using log = await FactLog.open(folder, { onTrouble: silentTrouble });
      for (let seq = 0; seq < 5000; seq += 1) log.write(entry(seq));
    }
    expect(numbers(await lastEntries(folder, 2, ({ seq }) => seq % 1000 === 0))).toEqual([3000, 4000]);
  });

  test("drops what a slow disk does not take instead of filling the memory, and says so", async () => {
    const troubles: string[] = [];
    await using log = await FactLog.open(folder, { onTrouble: (problem) => void troubles.push(problem) });
    for (let seq = 0; seq < 40_000; seq += 1) log.write(entry(seq));
    await log.flush();
    expect(troubles).toHaveLength(1);
    expect(troubles[0]).toMatch(/^\d+ entries came faster than the disk took them$/);
    expect((await stat(join(folder, "log.ndjson"))).size).toBeLessThanOrEqual(4 * 2 ** 20);
  });

  test("tells of a full disk once, and the server goes on", async () => {
    await symlink("/dev/full", join(folder, "log.ndjson"));
    const troubles: string[] = [];
    await using log = await FactLog.open(folder, { onTrouble: (problem) => void troubles.push(problem) });
    for (const seq of [1, 2, 3]) {
      log.write(entry(seq));
      await log.flush();
    }
    expect(troubles).toEqual([expect.stringContaining("ENOSPC")]);
  });

  test("of a folder where no server ever ran is empty", async () => {
    expect(await lastEntries(folder, 10)).toEqual([]);
    expect(await readFile(join(folder, "log.ndjson")).catch(() => "absent")).toBe("absent");
  });
});
