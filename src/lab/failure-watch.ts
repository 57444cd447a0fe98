import type { Fact } from "../core/timeline.ts";
import type { BootFacts } from "./facts.ts";
import type { KnownQmpEvent } from "./qmp-events.ts";
import { readQmpEvent } from "./qmp-events.ts";
import { findSentinel } from "./sentinels.ts";

/** The machine that is watched: what of it can be read. */
export interface Watched {
  readonly name: string;
  readonly spec: { readonly mac: string };
  readonly console: { readonly text: string };
}

/** Why a boot cannot succeed any more: which sign was seen, what it means, what to do. */
export interface Failure {
  sentinel: string;
  means: string;
  evidence: string;
  next: string;
}

/** A boot that asks and is left without an answer this many times in a row will not come to anything. */
const silencesInARow = 4;

/** What busybox's udhcpc says each time it asks; it never says that it gives up. Three, 20 s, and three more. */
const guestAsks = /^udhcpc: broadcasting discover$/;
const guestIsAnswered = /^udhcpc: lease of /;
const guestAsksInVain = 6;

const watches = new WeakMap<Watched, FailureWatch>();

/** The watch of a machine, the same for all its waits: what one was told to ignore does not fail the next. */
export function watchOf(machine: Watched): FailureWatch {
  const known = watches.get(machine) ?? new FailureWatch(machine);
  watches.set(machine, known);
  return known;
}

/** Reads each fact once, and each piece of the console's text, for signs of failure. */
class FailureWatch {
  readonly #machine: Watched;
  #ignore: ReadonlySet<string> = new Set();
  #unanswered = 0;
  #hasAsked = false;
  #looked = 0;
  #guestAsked = 0;
  #counted = 0;
  #lastSeq = -1;

  constructor(machine: Watched) {
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
        return this.#vmEvent(readQmpEvent(fact));
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

  /** Counts in whole lines, each once. */
  #guestAsksInVain(text: string): boolean {
    const end = text.lastIndexOf("\n") + 1;
    for (const line of text.slice(this.#counted, end).split("\n")) {
      if (guestAsks.test(line)) this.#guestAsked += 1;
      else if (guestIsAnswered.test(line)) this.#guestAsked = 0;
    }
    this.#counted = Math.max(this.#counted, end);
    return this.#guestAsked >= guestAsksInVain;
  }

  #vmEvent(event: KnownQmpEvent | undefined): Failure | undefined {
    // OVMF resets once by itself before it does anything else.
    const isItsStart = event?.event === "RESET" && !this.#hasAsked;
    return event === undefined || isItsStart ? undefined : vmEvent(event);
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
    if (found === undefined && this.#guestAsksInVain(text)) return noLease(this.#guestAsked);
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

function noLease(times: number): Failure {
  return {
    sentinel: "no-lease",
    means: `its operating system asked ${times} times for an address, and nobody answered`,
    evidence: "udhcpc: broadcasting discover",
    next: "does our server hear it? `dhcp.received` in timeline.ndjson: if not, the card, its cable or its VLAN; if so, dhcp.silent says why",
  };
}

function bootLoop({ what, file, times, problem }: BootFacts["boot.looping"]): Failure {
  return {
    sentinel: "loop",
    means: `it fetched its ${what} ${file} ${times} times and never got further`,
    evidence: problem ?? "",
    next: "what it asked for between one time and the next, and what it was answered, is in the run (./dryboot trace RUN)",
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

function vmEvent(event: KnownQmpEvent): Failure {
  const details = Object.keys(event.data).length > 0 ? ` ${JSON.stringify(event.data)}` : "";
  const evidence = `QMP ${event.event}${details}`;
  switch (event.event) {
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
        means: `the machine was switched off${by(event.data)}`,
        evidence,
        next: "read the end of its console.log: something in the guest, or QEMU itself, ended it",
      };
    case "RESET":
      return {
        sentinel: "guest-reset",
        means: event.data.guest === false ? "the machine was reset from outside" : "the machine reset itself",
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
  }
}

function by({ guest }: { guest?: boolean | undefined }): string {
  if (guest === undefined) return "";
  return guest ? " by itself" : " from outside";
}
