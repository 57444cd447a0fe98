/** The part of `dryboot test` that runs inside the lab's namespaces: the scenarios. */
import type { VitestRun } from "./vitest-run.ts";
import { runVitest } from "./vitest-run.ts";

export function inside(run: VitestRun, signal: AbortSignal): Promise<number> {
  return runVitest(run, signal);
}
