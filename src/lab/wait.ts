import { DrybootError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import type { Fact, Timeline } from "../core/timeline.ts";
import { formatDuration, parseDuration } from "../core/units.ts";
import { lastLines } from "./console.ts";
import { describeFact } from "./describe-fact.ts";
import type { BootFacts } from "./facts.ts";
import type { Failure, Watched } from "./failure-watch.ts";
import { watchOf } from "./failure-watch.ts";

export interface WaitContext {
  timeline: Timeline<BootFacts>;
  signal: AbortSignal;
  /** The phase a machine is in, for the error of a wait that fails. */
  phase(machine: string): string;
  /** Where its boot stands and why, as far as its packets show; for a wait that ends without a sign. */
  stands?(machine: string): { says: string; why: string } | undefined;
}

export interface Wait<T> {
  /** Completes the sentence "node1: waited 30 s for …". */
  what: string;
  /** Asked after every fact; a value ends the wait. */
  until(): T | undefined;
  /** Asks it at other times too: whenever `look` is called. `fail` ends the wait. */
  wokenBy?(look: () => void, fail: (reason: unknown) => void): Disposable;
  /** What was seen last of what is waited for, a line each; else the console's last words are told. */
  saw?(): readonly string[];
  /** `"90s"`. */
  deadline: string;
  /** How long nothing at all may happen to the machine: no packet, no byte, no event. */
  silence?: string;
  /** Ids of sentinels that are expected here. */
  ignore?: readonly string[];
}

/** Ends of a wait at which nothing was seen. */
const withoutSign: ReadonlySet<string> = new Set(["deadline", "silence"]);

/**
 * The one way to wait in the lab: success races every known sign of failure, silence and a deadline,
 * and a wait that fails says what it saw.
 */
export async function waitFor<T>(machine: Watched, context: WaitContext, wait: Wait<T>): Promise<T> {
  const { timeline, signal } = context;
  signal.throwIfAborted();
  const deadlineMs = milliseconds(wait.deadline);
  const silenceMs = milliseconds(wait.silence ?? "60s");
  const begin = timeline.now();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const watch = watchOf(machine);
  const ignore = new Set(wait.ignore);
  const fail = (failure: Failure) => {
    if (!withoutSign.has(failure.sentinel)) {
      timeline.record("sentinel.seen", {
        machine: machine.name,
        sentinel: failure.sentinel,
        evidence: failure.evidence,
      });
    }
    reject(waitFailed(machine, context, wait, failure, timeline.now() - begin));
  };

  const timers = new Set<NodeJS.Timeout>();
  const silent = setTimeout(() => fail(silence(silenceMs)), silenceMs);
  timers.add(silent);
  timers.add(setTimeout(() => fail(overdue(deadlineMs)), deadlineMs));
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  let ended = false;
  const look = () => {
    const value = ended ? undefined : wait.until();
    if (value === undefined) return;
    ended = true;
    resolve(value);
  };
  // Asked once of all that was before: after each of some ten thousand facts it would take seconds.
  look();
  let isPast = true;
  using _reading = timeline.subscribe((fact) => {
    if (ended) return;
    if (concerns(fact, machine)) silent.refresh();
    const value = isPast ? undefined : wait.until();
    // Looked at in any case: what this wait ignores is not left for the next.
    const failure = watch.look(fact, ignore);
    if (value !== undefined) resolve(value);
    else if (failure) queueMicrotask(() => fail(failure));
    ended = value !== undefined || failure !== undefined;
  });
  isPast = false;
  using _looking = ended ? undefined : wait.wokenBy?.(look, reject);
  try {
    return await promise;
  } finally {
    ended = true;
    for (const timer of timers) clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

function silence(ms: number): Failure {
  return {
    sentinel: "silence",
    means: `nothing came from the machine for ${formatDuration(ms)}: no packet, no byte on the console, no event`,
    evidence: "",
    next: "look at its screen: ./dryboot boot --keep; a missing console= is the usual cause",
  };
}

function overdue(ms: number): Failure {
  return {
    sentinel: "deadline",
    means: `it did not come within ${formatDuration(ms)}`,
    evidence: "",
    next: "compare the phases in the table with a run that passed; a starved host is slower everywhere",
  };
}

function waitFailed<T>(
  machine: Watched,
  { timeline, phase, stands }: WaitContext,
  wait: Wait<T>,
  failure: Failure,
  tookMs: number,
): DrybootError {
  const began = timeline.facts("vm.powered-on").find((fact) => fact.machine === machine.name)?.at ?? 0;
  const recent = timeline
    .facts()
    .filter(
      (fact) =>
        concerns(fact, machine) &&
        !fact.type.endsWith(".progress") &&
        !["console.output", "sentinel.seen"].includes(fact.type),
    )
    .slice(-4)
    .map((fact) => `${((fact.at - began) / 1000).toFixed(2).padStart(6)} s  ${describeFact(fact)}`);
  const said = (
    wait
      .saw?.()
      .slice(-16)
      .map((line) => `screen   ${printable(line)}`) ?? []
  ).concat(
    lastLines(machine.console.text, wait.saw ? 1 : 4).map((line) => `console  ${printable(line.trim())}`),
  );
  // A sign of failure speaks for itself; silence does not.
  const stop = withoutSign.has(failure.sentinel) ? stands?.(machine.name) : undefined;
  const sign = failure.evidence ? `: ${failure.evidence}` : "";
  return new DrybootError(`${machine.name}: ${failure.means}${sign}`, {
    code: `BOOT_${failure.sentinel.toUpperCase().replaceAll("-", "_")}`,
    where: `phase ${phase(machine.name)}, ${formatDuration(tookMs)} into waiting for ${wait.what}`,
    evidence: [...recent, ...said, ...(stop ? [`its packets say: ${stop.says}: ${stop.why}`] : [])],
    hint: failure.next,
  });
}

/** Whether a fact is about this machine: by its name, or by its MAC address, or by an address leased to it. */
function concerns(fact: Fact<BootFacts>, { name, spec }: Watched): boolean {
  if ("machine" in fact) return fact.machine === name;
  if ("mac" in fact) return fact.mac === spec.mac;
  // TFTP and HTTP know addresses only; a lab's segment has its own machines and nobody else.
  return "from" in fact || "path" in fact || "file" in fact;
}

function milliseconds(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new RangeError(`${JSON.stringify(text)} is no duration: write "90s"`);
  return ms;
}
