import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tied } from "../core/child.ts";
import { projectFolder } from "../core/folders.ts";

/** What a test run that is stopped may take to put things away. */
const stopWithinMs = 6000;

export interface VitestRun {
  project: string;
  filters: readonly string[];
  /** Where its tally goes. */
  output: string;
  env: Readonly<Record<string, string>>;
}

/** How many tests went which way. A test file that could not even be read counts as one that failed. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** As much of Vitest's JSON report as is counted. */
interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: readonly { status: string; assertionResults: readonly unknown[] }[];
}

/** Runs one of Vitest's projects on this terminal, and leaves its tally in a file. */
export async function runVitest(run: VitestRun, signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const report = `${run.output}.vitest`;
  const vitest = join(projectFolder, "node_modules/vitest/vitest.mjs");
  const [command, args] = tied(process.execPath, [
    ...[vitest, "run", "--root", projectFolder, "--project", run.project, "--passWithNoTests"],
    ...["--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    // What boots machines is spread over processors by whoever runs us: more guests than those starve each other.
    ...(run.project === "unit" ? [] : ["--no-file-parallelism"]),
    ...run.filters,
  ]);
  // In a group of its own: one Ctrl-C reaches it once, from us.
  const child = spawn(command, args, {
    stdio: ["ignore", "inherit", "inherit"],
    detached: true,
    env: { ...process.env, ...run.env },
  });
  let killing: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill("SIGINT");
    killing = setTimeout(() => child.kill("SIGKILL"), stopWithinMs);
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    const [code] = (await once(child, "exit")) as [number | null];
    const tally = tallyOf(JSON.parse(await readFile(report, "utf8")) as VitestReport, code);
    await writeFile(run.output, JSON.stringify(tally));
    return code ?? 1;
  } finally {
    clearTimeout(killing);
    signal.removeEventListener("abort", stop);
  }
}

/** Vitest fails also for what is no test: a file that throws while it is read, an error nobody awaited. */
export function tallyOf(report: VitestReport, code: number | null): Tally {
  const unread = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  ).length;
  const failed = report.numFailedTests + unread;
  return {
    passed: report.numPassedTests,
    failed: code === 0 ? failed : Math.max(1, failed),
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

export function addTallies(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, { passed, failed, skipped }) => ({
      passed: sum.passed + passed,
      failed: sum.failed + failed,
      skipped: sum.skipped + skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}
