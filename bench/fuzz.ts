/** Feeds every parser of what strangers send with damaged input, and says what that did. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as z from "zod";
import { table } from "../src/cli/table.ts";
import { DrybootError } from "../src/core/errors.ts";
import { suggest } from "../src/core/nearest.ts";
import { formatSize } from "../src/core/units.ts";
import { fuzz } from "./fuzz-run.ts";
import { fuzzTargets } from "./fuzz-targets.ts";
import { runBench } from "./run-bench.ts";

await runBench({
  file: "bench/fuzz.ts",
  summary: "Feeds every parser with real input, damaged: no bug, no hang, no memory kept.",
  flags: z.strictObject({
    inputs: z.int().min(1).max(1e9).default(1_000_000).describe("How many for each parser"),
    only: z.string().optional().describe("Only the parser of this name").meta({ placeholder: "NAME" }),
  }),
  async run({ inputs, only }, terminal, signal) {
    const names = fuzzTargets.map(({ name }) => name);
    if (only !== undefined && !names.includes(only)) {
      throw new DrybootError(`there is no parser \`${only}\``, {
        ...{ code: "USAGE", where: "--only", hint: suggest(only, names), exitCode: 2 },
      });
    }
    const rows: string[][] = [];
    let bugCount = 0;
    for (const target of fuzzTargets.filter(({ name }) => only === undefined || name === only)) {
      signal.throwIfAborted();
      const count = Math.ceil(inputs / (target.oneIn ?? 1));
      const before = heapBytes();
      const result = await fuzz(target, count);
      const after = heapBytes();
      bugCount += result.bugCount;
      for (const { input, error } of result.bugs) terminal.err(`${target.name}: ${error}\n  input ${input}`);
      rows.push([
        ...[target.name, String(count), (count / (result.elapsedMs / 1000)).toFixed(0)],
        ...[percent(result.read, count), percent(result.refused, count), String(result.bugCount)],
        ...[result.slowestMs.toFixed(1), formatSize(before), formatSize(after)],
      ]);
      // Signals are only heard between two parsers.
      await new Promise(setImmediate);
    }
    const head = ["", "inputs", "inputs/s", "read", "refused", "bugs", "slowest ms", "heap before", "after"];
    for (const line of table([head, ...rows], { right: [1, 2, 3, 4, 5, 6, 7, 8] })) terminal.out(line);
    return bugCount === 0 ? 0 : 1;
  },
});

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}

/** What is really kept: measured behind a full collection. */
function heapBytes(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}
