import type { Fact } from "../core/timeline.ts";
import type { BootFacts } from "../lab/facts.ts";
import type { FactReader } from "./fact-reader.ts";
import { readFact } from "./fact-reader.ts";
import type { PhaseName, RoleOf, TracedMachine } from "./phase.ts";
import { PhaseTracker } from "./phase-tracker.ts";

/** What a phase cost in events: whole numbers that do not depend on how busy the host is. */
export interface EventCounts {
  /** DHCP messages, TFTP requests and data blocks. HTTP's packets are the kernel's, and not counted. */
  packets: number;
  /** Of files that were sent whole, or of the range that was asked for. */
  bytes: number;
  requests: number;
  /** The same DHCP message or file asked for again, and TFTP blocks sent again. */
  retries: number;
  /** DHCP messages that got no answer, by our decision. */
  silences: number;
  /** Files that did not get through. */
  failures: number;
}

const none: EventCounts = { packets: 0, bytes: 0, requests: 0, retries: 0, silences: 0, failures: 0 };

/** Counts one machine's events, phase by phase, while it boots or afterwards. Several attempts add up. */
export class EventCounter {
  readonly #tracker: PhaseTracker;
  readonly #counts = new Map<PhaseName, EventCounts>();
  /** What has been asked for once, with the phase it was asked in. */
  readonly #asked = new Set<string>();

  constructor(machine: TracedMachine, roleOf: RoleOf) {
    this.#tracker = new PhaseTracker(machine, roleOf);
  }

  counts(): ReadonlyMap<PhaseName, Readonly<EventCounts>> {
    return this.#counts;
  }

  feed(fact: Fact<BootFacts>): void {
    const phase = this.#tracker.feed(fact);
    if (phase === undefined) return;
    if (fact.type === "vm.powered-on") this.#asked.clear(); // a new boot asks for everything once
    const more = Object.entries(readFact(this.#reader(phase), fact) ?? {}) as [keyof EventCounts, number][];
    if (more.length === 0) return;
    const counts = this.#counts.get(phase) ?? { ...none };
    this.#counts.set(phase, counts);
    for (const [name, count] of more) counts[name] += count;
  }

  #reader(phase: PhaseName): FactReader<Partial<EventCounts>> {
    return {
      "dhcp.received": ({ xid, messageType }) => ({
        packets: 1,
        requests: 1,
        retries: this.#again(phase, `${xid} ${messageType}`),
      }),
      "dhcp.sent": () => ({ packets: 1 }),
      "dhcp.silent": () => ({ silences: 1 }),
      "tftp.requested": ({ file }) => ({ packets: 1, requests: 1, retries: this.#again(phase, file) }),
      "tftp.probed": ({ file }) => {
        // The size is known now; asking for the file itself is what it was asked for.
        this.#asked.delete(`${phase} ${file}`);
        return {};
      },
      "tftp.sent": ({ sizeBytes, blksize, resent }) => {
        // The last block is the first that is not full, and may be empty (RFC 1350 §6).
        const blocks = Math.floor(sizeBytes / blksize) + 1;
        return { packets: blocks + resent, bytes: sizeBytes, retries: resent };
      },
      "tftp.failed": () => ({ failures: 1 }),
      "http.requested": ({ method, range, path }) => {
        const whole = method !== "HEAD" && range === undefined;
        return { requests: 1, retries: whole ? this.#again(phase, path) : 0 };
      },
      "http.sent": ({ status, method, sizeBytes }) => {
        if (status >= 400) return { failures: 1 };
        return method === "HEAD" ? {} : { bytes: sizeBytes };
      },
      "http.failed": () => ({ failures: 1 }),
    };
  }

  #again(phase: PhaseName, what: string): 0 | 1 {
    const key = `${phase} ${what}`;
    if (this.#asked.has(key)) return 1;
    this.#asked.add(key);
    return 0;
  }
}

/** The events of one machine in a timeline, phase by phase; a phase without any is absent. */
export function countsOf(
  facts: Iterable<Fact<BootFacts>>,
  machine: TracedMachine,
  roleOf: RoleOf,
): ReadonlyMap<PhaseName, Readonly<EventCounts>> {
  const counter = new EventCounter(machine, roleOf);
  for (const fact of facts) counter.feed(fact);
  return counter.counts();
}
