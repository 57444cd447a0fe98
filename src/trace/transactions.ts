import type { Fact } from "../core/timeline.ts";
import type { BootFacts } from "../lab/facts.ts";
import type { Evidence } from "./evidence.ts";
import { EvidenceReader } from "./evidence.ts";
import { Ownership } from "./ownership.ts";
import type { Phase, PhaseName, RoleOf, TracedMachine } from "./phase.ts";
import { orderOf } from "./phase.ts";
import { PhaseTracker } from "./phase-tracker.ts";
import type { Stop } from "./stops.ts";
import { stopOf } from "./stops.ts";
import { askingClient, describeClient } from "./what-ran.ts";

/** One boot of one machine, from its first question to ready or to where it stopped. Times are those of its facts. */
export interface Transaction {
  /** The same whenever the same record is read. */
  id: string;
  machine: string;
  began: number;
  last: number;
  /** Of its DHCP exchanges, the first eight. */
  xids: readonly string[];
  addresses: readonly string[];
  /** Who asked first. */
  client?: string;
  phases: readonly Phase[];
  reached?: PhaseName;
  /** `up`: its operating system has an address, and has not said that it is ready. */
  outcome: "ready" | "up" | "going-on" | "stopped";
  /** Where it stopped, or stands. */
  stop?: Stop;
}

/** Firmware waits for up to 32 s between two DHCP requests; what is silent for longer does not go on. */
const quietMs = 60_000;
/** A kernel unpacks, probes and checks before it says a word. */
const quietKernelMs = 180_000;
/** A machine that asks again after this long was switched on again. */
const newBootMs = 120_000;
const mostNames = 8;

/** The last boots of one machine, told from its facts. Remembers `keep` of them, however long it goes on. */
export class MachineBoots {
  readonly #machine: TracedMachine;
  readonly #roleOf: RoleOf;
  readonly #ownership: Pick<Ownership, "owns">;
  readonly #keep: number;
  #boots: Boot[] = [];

  constructor(
    machine: TracedMachine,
    roleOf: RoleOf,
    {
      keep = 8,
      ownership = new Ownership(machine),
    }: { keep?: number; ownership?: Pick<Ownership, "owns"> } = {},
  ) {
    this.#machine = machine;
    this.#roleOf = roleOf;
    this.#ownership = ownership;
    this.#keep = keep;
  }

  /** Must be given every fact, in order. */
  feed(fact: Fact<BootFacts>): void {
    if (!this.#ownership.owns(fact)) return;
    if (beginsBoot(fact, this.#boots.at(-1))) {
      this.#boots = [...this.#boots, new Boot(this.#machine, this.#roleOf, fact.at)].slice(-this.#keep);
    }
    this.#boots.at(-1)?.feed(fact);
  }

  /** Newest first. `now` is on the facts' clock. */
  transactions(now: number): Transaction[] {
    return this.#boots.map((boot, index) => boot.told(index < this.#boots.length - 1, now)).reverse();
  }
}

/** Where the last boot in these facts stands; undefined when there is none, or it is ready. */
export function standsIn(
  facts: Iterable<Fact<BootFacts>>,
  machine: TracedMachine,
  roleOf: RoleOf,
  now: number,
): Stop | undefined {
  const boots = new MachineBoots(machine, roleOf, { keep: 1 });
  for (const fact of facts) boots.feed(fact);
  return boots.transactions(now)[0]?.stop;
}

class Boot {
  readonly began: number;
  last: number;
  readonly #machine: TracedMachine;
  readonly #tracker: PhaseTracker;
  readonly #reader: EvidenceReader;
  readonly #xids = new Set<string>();
  readonly #addresses = new Set<string>();

  constructor(machine: TracedMachine, roleOf: RoleOf, began: number) {
    this.began = began;
    this.last = began;
    this.#machine = machine;
    this.#tracker = new PhaseTracker(machine, roleOf, { owns: () => true }); // asked before
    this.#reader = new EvidenceReader(roleOf);
  }

  get evidence(): Evidence {
    return this.#reader.evidence;
  }

  get reached(): PhaseName | undefined {
    return this.#tracker.current()?.phase;
  }

  feed(fact: Fact<BootFacts>): void {
    const phase = this.#tracker.feed(fact);
    // Once it is up it only lives: what it fetches then is not its boot.
    if (this.evidence.ready) return;
    this.#reader.feed(fact, phase);
    this.last = fact.at;
    if (fact.type === "dhcp.received" && this.#xids.size < mostNames) this.#xids.add(fact.xid);
    if (fact.type === "dhcp.sent" && fact.yiaddr !== "0.0.0.0" && this.#addresses.size < mostNames) {
      this.#addresses.add(fact.yiaddr);
    }
  }

  told(isOver: boolean, now: number): Transaction {
    const { client } = this.evidence;
    const stop = stopOf(this.evidence);
    const { reached } = this;
    return {
      id: `${this.#machine.name}-${Math.max(0, Math.floor(this.began)).toString(36)}`,
      machine: this.#machine.name,
      began: this.began,
      last: this.last,
      xids: [...this.#xids],
      addresses: [...this.#addresses],
      ...(client ? { client: describeClient(client) } : {}),
      phases: this.#tracker.phases(),
      ...(reached === undefined ? {} : { reached }),
      outcome: this.#outcome(stop, isOver, now),
      ...(stop ? { stop } : {}),
    };
  }

  #outcome(stop: Stop | undefined, isOver: boolean, now: number): Transaction["outcome"] {
    if (!stop) return "ready";
    if (stop.id === "userland-not-ready") return "up";
    if (isOver) return "stopped";
    const patience = this.evidence.files.kernel.sent > 0 ? quietKernelMs : quietMs;
    // A clock that was set back makes nothing quiet.
    return now - this.last > patience ? "stopped" : "going-on";
  }
}

/** Whether a machine's boot ends here and another begins. */
function beginsBoot(fact: Fact<BootFacts>, boot: Boot | undefined): boolean {
  if (fact.type === "vm.powered-on") return true;
  if (fact.type === "vm.event") return fact.event === "RESET" && isPast(boot, "firmware");
  if (fact.type === "dhcp.received") return asksAnew(fact, boot);
  // Behind somebody else's DHCP the script is the first that is heard of a boot.
  const isScript = fact.type === "http.requested" && fact.query !== undefined && /\bmac=/.test(fact.query);
  return isScript && isStale(fact.at, boot);
}

function asksAnew(
  fact: Extract<Fact<BootFacts>, { type: "dhcp.received" }>,
  boot: Boot | undefined,
): boolean {
  const client = askingClient(fact);
  // An operating system asks for an address, now and then for years: no boot.
  if (!client) return false;
  if (!boot) return true;
  if (fact.messageType !== "DHCPDISCOVER") return false;
  return isStale(fact.at, boot) || isPast(boot, client.isIpxe ? "ipxe-dhcp" : "dhcp");
}

const isStale = (now: number, boot: Boot | undefined): boolean =>
  boot === undefined || boot.evidence.ready || now - boot.last > newBootMs;

function isPast(boot: Boot | undefined, phase: PhaseName): boolean {
  const reached = boot?.reached;
  return reached !== undefined && orderOf(reached) > orderOf(phase);
}

/** The last boots of all machines, where somebody else says whose each fact is: the log of a server does. */
export class Transactions {
  readonly #roleOf: RoleOf;
  readonly #machines = new Map<string, MachineBoots>();
  readonly #most: { machines: number; boots: number };

  /** At most `machines` of them, those heard of last, with their last `boots`. */
  constructor(roleOf: RoleOf, { machines = 1024, boots = 8 }: { machines?: number; boots?: number } = {}) {
    this.#roleOf = roleOf;
    this.#most = { machines, boots };
  }

  feed(machine: string, fact: Fact<BootFacts>): void {
    const ownership = { owns: () => true };
    const known =
      this.#machines.get(machine) ??
      new MachineBoots({ name: machine, mac: "" }, this.#roleOf, { keep: this.#most.boots, ownership });
    known.feed(fact);
    this.#machines.delete(machine);
    this.#machines.set(machine, known);
    if (this.#machines.size <= this.#most.machines) return;
    for (const oldest of this.#machines.keys()) return void this.#machines.delete(oldest);
  }

  /** Of every machine, oldest first. */
  all(now: number): Transaction[] {
    return [...this.#machines.values()]
      .flatMap((machine) => machine.transactions(now))
      .sort((a, b) => a.began - b.began);
  }
}
