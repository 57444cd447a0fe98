import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { projectFolder } from "../core/folders.ts";
import { runInNamespace } from "../lab/namespace.ts";
import type { Tally, VitestRun } from "./vitest-run.ts";

/** What a run is given besides itself: `print` takes what it said, whole lines of it. */
interface Deps {
  jobs: number;
  signal: AbortSignal;
  print(text: string): void;
}

const inside = join(import.meta.dirname, "vitest-inside.ts");

/**
 * Runs the files of scenarios, so many at a time, each in namespaces of its own: they do not see each other. What one
 * says is printed when it is through. Returns the tally of each.
 */
export async function runScenarios(run: VitestRun, { jobs, signal, print }: Deps): Promise<Tally[]> {
  const waiting = await scenarioFiles(run.filters);
  const tallies: Tally[] = [];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined && !signal.aborted; file = waiting.shift()) {
      const output = `${run.output}.${basename(file)}`;
      let said = "";
      const take = (chunk: string) => {
        said += chunk;
      };
      await runInNamespace(inside, { ...run, filters: [file], output }, { signal, output: take });
      print(withoutFrame(said));
      tallies.push(await readTally(output));
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  signal.throwIfAborted();
  return tallies;
}

/** Those whose path holds one of these words, the largest first: it is likely the longest, and none should begin last. */
async function scenarioFiles(filters: readonly string[]): Promise<string[]> {
  const folder = join(projectFolder, "scenarios");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".scenario.ts"));
  const files = names
    .map((name) => `scenarios/${name}`)
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
  const sized = await Promise.all(
    files.map(async (file) => [file, (await stat(join(projectFolder, file))).size] as const),
  );
  return sized.toSorted(([, one], [, other]) => other - one).map(([file]) => file);
}

/** What Vitest says around each run; the sum is said once, at the end. */
function withoutFrame(said: string): string {
  const frame = /^(\s*| RUN .*|JSON report written.*|\s*(Test Files|Tests|Start at|Duration) .*)$/;
  const lines = said.split("\n");
  return lines.filter((line) => !frame.test(stripVTControlCharacters(line))).join("\n");
}

/** Vitest that ended without a result, killed or unable to start, has failed as a whole. */
export async function readTally(output: string): Promise<Tally> {
  try {
    return JSON.parse(await readFile(output, "utf8")) as Tally;
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
