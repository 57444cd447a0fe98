import { commands } from "./commands.ts";
import type { Invocation, ParsedScript, ScriptLine } from "./parse.ts";

/** Where a script can go from each of its lines. */
export interface Flow {
  lines: readonly ScriptLine[];
  /** Indices of the lines that may follow, per line; `end` is behind the last one. */
  next: readonly (readonly number[])[];
  /** Indices of lines at which the whole script may end because a command failed. */
  failing: readonly number[];
  reachable: ReadonlySet<number>;
  end: number;
}

/** Which lines can follow which. A jump to a setting may go to any label. */
export function flowOf({ lines }: ParsedScript): Flow {
  const labels = new Map<string, number>();
  lines.forEach(({ label }, index) => {
    if (label !== undefined && !labels.has(label)) labels.set(label, index);
  });
  const end = lines.length;
  const next: number[][] = [];
  const failing: number[] = [];
  lines.forEach((line, index) => {
    const { jumps, works, fails } = outcomes(line);
    const targets = jumps.flatMap((to) =>
      to.includes("${") ? [...labels.values()] : (labels.get(to) ?? []),
    );
    next.push([...new Set([...targets, ...(works ? [index + 1] : [])])]);
    if (fails) failing.push(index);
  });
  const reachable = new Set<number>();
  const open = [0];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (reachable.has(at) || at > end) continue;
    reachable.add(at);
    open.push(...(next[at] ?? []));
  }
  return { lines, next, failing, reachable, end };
}

type Came = Readonly<{ work: boolean; fail: boolean }>;

/** What can come of a line: jumps it may take, whether the next line may follow, whether it may end the script. */
function outcomes({ commands: all }: ScriptLine): { jumps: string[]; works: boolean; fails: boolean } {
  const jumps: string[] = [];
  let may: Came = { work: true, fail: false };
  for (const invocation of all) {
    const { runs, passed } = reached(invocation, may);
    const came = runs ? outcomeOf(invocation) : { work: false, fail: false };
    if ("jump" in came && came.jump !== undefined) jumps.push(came.jump);
    may = { work: passed.work || came.work, fail: passed.fail || came.fail };
  }
  return { jumps, works: may.work, fails: may.fail };
}

/** Whether a command may be run after what came before it, and what is left of that where it is passed over. */
function reached({ operator }: Invocation, { work, fail }: Came): { runs: boolean; passed: Came } {
  if (operator === "||") return { runs: fail, passed: { work, fail: false } };
  if (operator === "&&") return { runs: work, passed: { work: false, fail } };
  return { runs: true, passed: { work: false, fail: false } };
}

function outcomeOf({ words }: Invocation): { work: boolean; fail: boolean; jump?: string } {
  const [name, argument] = words;
  if (name === undefined) return { work: true, fail: false };
  const grammar = commands.get(name);
  if (name === "goto" && argument !== undefined) return { work: false, fail: false, jump: argument };
  if (name === "iseq" || name === "isset" || name === "cpuid") return { work: true, fail: true };
  if (grammar === undefined) return { work: true, fail: true };
  if (grammar.ends) return { work: false, fail: name !== "exit" && name !== "reboot" };
  return { work: true, fail: grammar.fails === true };
}

/** Circles of a script that nothing ends: no wait in them, and no count that is compared. Each as its lines, in order. */
export function endlessCircles(flow: Flow): ScriptLine[][] {
  const busy = (index: number) => {
    const { commands: all = [] } = flow.lines[index] ?? {};
    return !all.some(({ words: [name = ""] }) => commands.get(name)?.waits);
  };
  return circles(flow, busy)
    .map((indices) => indices.flatMap((index) => flow.lines[index] ?? []))
    .filter((circle) => !counts(circle));
}

/** Sets of lines that lead to one another, among those that `stays` lets stand. */
function circles({ next, reachable, end }: Flow, stays: (index: number) => boolean): number[][] {
  const there = [...reachable].filter((at) => at < end && stays(at));
  const nodes = new Set(there);
  const after = new Map(there.map((at) => [at, (next[at] ?? []).filter((to) => nodes.has(to))]));
  const before = new Map<number, number[]>(there.map((at) => [at, []]));
  for (const [at, all] of after) for (const to of all) before.get(to)?.push(at);
  const done = new Set<number>();
  return there.flatMap((at) => {
    if (done.has(at)) return [];
    const behind = reach(at, before);
    const circle = [...reach(at, after)].filter((to) => behind.has(to));
    for (const to of circle) done.add(to);
    return circle.length === 0 ? [] : [circle.toSorted((one, other) => one - other)];
  });
}

/** All that can be reached from a line in at least one step. */
function reach(from: number, edges: ReadonlyMap<number, readonly number[]>): Set<number> {
  const seen = new Set<number>();
  const open = [...(edges.get(from) ?? [])];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    open.push(...(edges.get(at) ?? []));
  }
  return seen;
}

/** Whether a setting is counted up and compared in these lines. */
function counts(circle: readonly ScriptLine[]): boolean {
  const all = circle.flatMap(({ commands: invocations }) => invocations.map(({ words }) => words));
  const counted = all.flatMap(([name, setting]) =>
    name === "inc" && setting !== undefined ? [setting] : [],
  );
  return all.some(
    ([name, ...words]) =>
      name === "iseq" &&
      counted.some((setting) => words.some((word) => word.includes(`\${${setting.split(":")[0]}`))),
  );
}
