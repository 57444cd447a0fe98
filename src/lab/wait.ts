import { DrybootError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import type { Fact, Timeline } from "../core/timeline.ts";
import { formatDuration, parseDuration } from "../core/units.ts";
import { lastLines } from "./console.ts";
import { describeFact } from "./describe-fact.ts";
import type { BootFacts } from "./facts.ts";
import { findSentinel } from "./sentinels.ts";

/** The machine a wait is about: what of it can be read. */
export interface Waiting {
  readonly name: string;
  readonly spec: { readonly mac: string };
  readonly console: { readonly text: string };
}

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
  /** `"90s"`. */
  deadline: string;
  /** How long nothing at all may happen to the machine: no packet, no byte, no event. */
  silence?: string;
  /** Ids of sentinels that are expected here. */
  ignore?: readonly string[];
}

/** A boot that asks and is left without an answer this many times in a row will not come to anything. */
const silencesInARow = 4;

/** Ends of a wait at which nothing was seen. */
const withoutSign: ReadonlySet<string> = new Set(["deadline", "silence"]);

interface Failure {
  sentinel: string;
  means: string;
  evidence: string;
  next: string;
}

/**
 * The one way to wait in the lab: success races every known sign of failure, silence and a deadline,
 * and a wait that fails says what it saw.
 */
export async function waitFor<T>(machine: Waiting, context: WaitContext, wait: Wait<T>): Promise<T> {
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
  using _reading = timeline.subscribe((fact) => {
    if (ended) return;
    if (concerns(fact, machine)) silent.refresh();
    const value = wait.until();
    // Looked at in any case: what this wait ignores is not left for the next.
    const failure = watch.look(fact, ignore);
    if (value !== undefined) resolve(value);
    else if (failure) queueMicrotask(() => fail(failure));
    ended = value !== undefined || failure !== undefined;
  });
  try {
    return await promise;
  } finally {
    ended = true;
    for (const timer of timers) clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** One per machine: what one wait has passed over, or was told to ignore, does not fail the next. */
const watches = new WeakMap<Waiting, FailureWatch>();

function watchOf(machine: Waiting): FailureWatch {
  const known = watches.get(machine) ?? new FailureWatch(machine);
  watches.set(machine, known);
  return known;
}

/** Reads each fact once, and each piece of the console's text, for signs of failure. */
class FailureWatch {
  readonly #machine: Waiting;
  #ignore: ReadonlySet<string> = new Set();
  #unanswered = 0;
  #hasAsked = false;
  #looked = 0;
  #lastSeq = -1;

  constructor(machine: Waiting) {
    this.#machine = machine;
  }

  look(fact: Fact<BootFacts>, ignore: ReadonlySet<string>): Failure | undefined {
    if (fact.seq <= this.#lastSeq) return undefined;
    this.#lastSeq = fact.seq;
    this.#ignore = ignore;
    const failure = this.#judge(fact);
    return failure && !ignore.has(failure.sentinel) ? failure : undefined;
  }

  #judge(fact: Fact<BootFacts>): Failure | undefined {
    const { name, spec } = this.#machine;
    if ("machine" in fact && fact.machine !== name) return undefined;
    if ("mac" in fact && fact.mac !== spec.mac) return undefined;
    switch (fact.type) {
      case "console.output":
        return this.#console();
      case "vm.event":
        // OVMF resets once by itself before it does anything else.
        return fact.event === "RESET" && !this.#hasAsked ? undefined : vmEvent(fact.event, fact.data);
      case "vm.exited":
        return qemuExit(fact.stderr || `exit ${fact.code ?? fact.signal}`);
      case "dhcp.received":
        this.#hasAsked = true;
        return undefined;
      case "dhcp.sent":
        this.#unanswered = 0;
        return undefined;
      case "dhcp.silent":
        return fact.notOurs ? undefined : this.#silentServer(fact.reason);
      case "boot.looping":
        return bootLoop(fact);
      default:
        return undefined;
    }
  }

  #silentServer(reason: string): Failure | undefined {
    this.#unanswered += 1;
    if (this.#unanswered < silencesInARow) return undefined;
    return {
      sentinel: "dhcp-silent",
      means: `the DHCP server left ${this.#unanswered} requests in a row unanswered`,
      evidence: reason,
      next: "the reason above is the server's own: change `dhcp` or `machines` in the site file accordingly",
    };
  }

  #console(): Failure | undefined {
    const { text } = this.#machine.console;
    const found = findSentinel(text.slice(this.#looked), this.#ignore);
    if (found === undefined) {
      if (findSentinel(text.slice(this.#looked)) !== undefined) this.#looked = text.length; // ignored, once and for all
      // The line in the making is looked at again when it has grown.
      // It may go on from the one before, which the firmware broke in two.
      this.#looked = Math.max(this.#looked, text.lastIndexOf("\n", text.lastIndexOf("\n") - 1) + 1);
      return undefined;
    }
    return {
      sentinel: found.sentinel.id,
      means: found.sentinel.means,
      evidence: found.evidence,
      next: found.sentinel.next,
    };
  }
}

function bootLoop({ what, file, times, problem }: BootFacts["boot.looping"]): Failure {
  return {
    sentinel: "loop",
    means: `it fetched its ${what} ${file} ${times} times and never got further`,
    evidence: problem ?? "",
    next: "what it asked for between one time and the next, and what it was answered, is in timeline.ndjson",
  };
}

function qemuExit(evidence: string): Failure {
  return {
    sentinel: "qemu-exit",
    means: "QEMU ended",
    evidence,
    next: "read its last words above; `./dryboot doctor` says what this QEMU can do",
  };
}

function vmEvent(event: string, data: Readonly<Record<string, unknown>>): Failure | undefined {
  const details = Object.keys(data).length > 0 ? ` ${JSON.stringify(data)}` : "";
  const evidence = `QMP ${event}${details}`;
  switch (event) {
    case "GUEST_PANICKED":
    case "GUEST_CRASHLOADED":
      return {
        sentinel: "guest-panicked",
        means: "the guest says that it panicked",
        evidence,
        next: "read the end of its console.log",
      };
    case "SHUTDOWN":
      return {
        sentinel: "guest-shutdown",
        means: "the machine was switched off",
        evidence,
        next: "read the end of its console.log: something in the guest, or QEMU itself, ended it",
      };
    case "RESET":
      return {
        sentinel: "guest-reset",
        means: "the machine reset itself",
        evidence,
        next: "read the end of its console.log: a triple fault, a watchdog or a reboot comes there",
      };
    case "WATCHDOG":
      return {
        sentinel: "watchdog",
        means: "the watchdog fired",
        evidence,
        next: "read the end of its console.log",
      };
    default:
      return undefined;
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
  machine: Waiting,
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
  const said = lastLines(machine.console.text, 4).map((line) => `console  ${printable(line.trim())}`);
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
function concerns(fact: Fact<BootFacts>, { name, spec }: Waiting): boolean {
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
