import type { Fact } from "../core/timeline.ts";
import type { BootFacts } from "../lab/facts.ts";
import type { Mark } from "./console-marks.ts";
import { ConsoleMarks } from "./console-marks.ts";
import type { FactReader } from "./fact-reader.ts";
import { readFact } from "./fact-reader.ts";
import { Ownership } from "./ownership.ts";
import type { FileRole, Phase, PhaseName, RoleOf, Source, TracedMachine } from "./phase.ts";
import { orderOf, phaseNames, sources } from "./phase.ts";

type DhcpReceived = Extract<Fact<BootFacts>, { type: "dhcp.received" }>;

const phaseOfRole: Readonly<Record<FileRole, PhaseName>> = {
  loader: "loader",
  script: "script",
  kernel: "kernel-fetch",
  initrd: "initrd-fetch",
};

/** These last until whatever comes next; the others are over when a server has answered. */
const untilTheNext: readonly PhaseName[] = ["firmware", "kernel", "initramfs", "root", "services"];

/** Follows one machine's boot, fact by fact, while it runs or afterwards. */
export class PhaseTracker {
  readonly #roleOf: RoleOf;
  readonly #ownership: Pick<Ownership, "owns">;
  #console = new ConsoleMarks();
  #phases = new Map<PhaseName, Phase>();
  /** Ends that were taken back, for the case that what came after them led nowhere. */
  readonly #formerEnds = new Map<PhaseName, number>();
  readonly #transfers = new Map<string, PhaseName>();
  /** The phase of the DHCP exchange that goes on, or went on last. */
  #exchange: PhaseName | undefined;

  /** `ownership` where somebody else knows better which facts are this machine's. */
  constructor(
    machine: TracedMachine,
    roleOf: RoleOf,
    ownership: Pick<Ownership, "owns"> = new Ownership(machine),
  ) {
    this.#roleOf = roleOf;
    this.#ownership = ownership;
  }

  /** The phases so far, in the order they began. After a reset they are the new boot's. */
  phases(): Phase[] {
    return [...this.#phases.values()]
      .map((phase) => ({ ...phase }))
      .sort((a, b) => a.startMs - b.startMs || orderOf(a.phase) - orderOf(b.phase));
  }

  /** The phase that began last: where the boot is, or where it is stuck. */
  current(): Phase | undefined {
    return this.phases().at(-1);
  }

  /** Takes the next fact. Returns the phase it belongs to, when it is this machine's and belongs to one. */
  feed(fact: Fact<BootFacts>): PhaseName | undefined {
    return this.#ownership.owns(fact) ? readFact(this.#reader, fact) : undefined;
  }

  readonly #reader: FactReader<PhaseName | undefined> = {
    "vm.powered-on": ({ at }) => this.#onPowerOn(at),
    "vm.event": ({ event, at }) => (event === "RESET" ? this.#onReset(at) : undefined),
    "dhcp.received": (fact) => this.#onDhcpReceived(fact),
    "dhcp.sent": ({ messageType, at }) => {
      if (messageType === "DHCPACK") this.#end(this.#exchange, at);
      return this.#exchange;
    },
    "foreign-dhcp.sent": ({ messageType, at }) => {
      if (messageType === "DHCPACK") this.#end(this.#exchange, at);
      return this.#exchange;
    },
    "dhcp.silent": ({ reason, notOurs }) =>
      notOurs ? this.#exchange : this.#problem(this.#exchange, `DHCP silent: ${reason}`),
    "tftp.requested": ({ id, file, at }) => this.#onRequest(`tftp ${id}`, file, at),
    "tftp.progress": ({ id }) => this.#transfers.get(`tftp ${id}`),
    "tftp.probed": ({ id }) => this.#onDone(`tftp ${id}`, {}),
    "tftp.absent": ({ id }) => this.#onDone(`tftp ${id}`, {}),
    "tftp.sent": ({ id, at }) => this.#onDone(`tftp ${id}`, { at }),
    "tftp.failed": ({ id, file, reason }) =>
      this.#onDone(`tftp ${id}`, { problem: `TFTP of ${file} failed: ${reason}` }),
    "http.requested": ({ id, path, at }) => this.#onRequest(`http ${id}`, path, at),
    "http.progress": ({ id }) => this.#transfers.get(`http ${id}`),
    "http.sent": ({ id, method, path, status, at }) => {
      if (status >= 400) return this.#onDone(`http ${id}`, { problem: `HTTP ${status} for ${path}` });
      // UEFI's HTTP boot asks for the size first.
      return this.#onDone(`http ${id}`, method === "HEAD" ? {} : { at });
    },
    "http.failed": ({ id, path, reason }) =>
      this.#onDone(`http ${id}`, { problem: `HTTP of ${path} failed: ${reason}` }),
    "vm.ready": ({ at }) => this.#ready(at, "serial"),
    "machine.ready": ({ at }) => this.#ready(at, "server"),
    "console.output": ({ text, at }) => {
      for (const mark of this.#console.read(text)) this.#onMark(mark, at);
      return undefined;
    },
  };

  #onPowerOn(at: number): PhaseName {
    this.#restart();
    this.#begin("power-on", at, "qmp");
    this.#end("power-on", at);
    this.#begin("firmware", at, "qmp");
    return "power-on";
  }

  /** Forgets the boot, not the machine: its addresses stay its own. */
  #restart(): void {
    this.#phases = new Map();
    this.#console = new ConsoleMarks();
    this.#formerEnds.clear();
    this.#transfers.clear();
    this.#exchange = undefined;
  }

  /** A machine that resets boots anew. OVMF also resets once by itself, before it has done anything. */
  #onReset(at: number): PhaseName {
    const powerOn = this.#phases.get("power-on");
    if (!this.#began("firmware", "after")) return "firmware";
    this.#restart();
    if (powerOn) this.#phases.set("power-on", powerOn);
    this.#begin("firmware", at, "qmp");
    return "firmware";
  }

  #onDhcpReceived(fact: DhcpReceived): PhaseName | undefined {
    // A guest also gives its lease back or refuses it: that begins nothing.
    if (!asking.has(fact.messageType)) return this.#exchange;
    const phase = this.#exchangeOf(fact);
    this.#exchange = phase;
    this.#begin(phase, fact.at, "server");
    this.#reopen(phase);
    return phase;
  }

  #exchangeOf(fact: DhcpReceived): PhaseName {
    const ipxe = fact.userClass?.includes("iPXE") === true || fact.ipxeFeatures !== undefined;
    const firmware = /^(?:PXE|HTTP)Client/.test(fact.vendorClassIdentifier ?? "");
    const guest = this.#began("kernel", "from") || this.#phases.get("kernel-fetch")?.endMs !== undefined;
    if (guest && !ipxe && !firmware) return "network";
    return this.#phases.has("loader") && ipxe ? "ipxe-dhcp" : "dhcp";
  }

  #onRequest(transfer: string, path: string, at: number): PhaseName | undefined {
    const role = this.#roleOf(path);
    if (role === undefined) return undefined;
    const phase = phaseOfRole[role];
    this.#transfers.set(transfer, phase);
    this.#begin(phase, at, "server");
    this.#reopen(phase);
    return phase;
  }

  #onDone(transfer: string, how: { at?: number; problem?: string }): PhaseName | undefined {
    const phase = this.#transfers.get(transfer);
    this.#transfers.delete(transfer);
    if (how.at !== undefined) this.#end(phase, how.at);
    if (how.problem !== undefined) this.#problem(phase, how.problem);
    return phase;
  }

  #onMark({ phase, ends }: Mark, at: number): void {
    if (ends) {
      // What a server said of it is more trustworthy than a guest's own word.
      if (this.#phases.get(phase)?.endMs === undefined) this.#end(phase, at);
    } else if (phase === "ready") this.#ready(at, "serial");
    // Late lines of an earlier phase (a printk after init, `dmesg` typed at a prompt) are not its beginning.
    else if (!this.#began(phase, "after")) this.#begin(phase, at, "serial");
  }

  #ready(at: number, source: Source): PhaseName {
    this.#begin("ready", at, source);
    this.#end("ready", this.#phases.get("ready")?.startMs ?? at);
    return "ready";
  }

  /** The first sign counts, unless a more trustworthy one comes. */
  #begin(name: PhaseName, at: number, source: Source): void {
    if (name !== "ready" && this.#phases.has("ready")) return; // a lease renewed, a file fetched: no longer booting
    const known = this.#phases.get(name);
    if (known && sources.indexOf(known.source) <= sources.indexOf(source)) return;
    this.#phases.set(name, { phase: name, startMs: at, source });
    for (const phase of this.#phases.values()) {
      if (phase.endMs !== undefined || orderOf(phase.phase) >= orderOf(name)) continue;
      const endMs = untilTheNext.includes(phase.phase) ? at : this.#formerEnds.get(phase.phase);
      if (endMs !== undefined) this.#end(phase.phase, endMs);
    }
  }

  #end(name: PhaseName | undefined, at: number): void {
    const phase = name && this.#phases.get(name);
    // A boot that has gone on had all it needed: what is sent again later does not make the phase longer.
    if (!phase || (phase.endMs !== undefined && this.#began(phase.phase, "after"))) return;
    phase.endMs = at;
    delete phase.problem;
  }

  /** Another request of the same kind: the phase goes on, unless the boot has left it behind. */
  #reopen(name: PhaseName): void {
    const phase = this.#phases.get(name);
    if (phase?.endMs === undefined || this.#began(name, "after")) return;
    this.#formerEnds.set(name, phase.endMs);
    delete phase.endMs;
  }

  #problem(name: PhaseName | undefined, problem: string): PhaseName | undefined {
    const phase = name && this.#phases.get(name);
    if (phase && phase.endMs === undefined) phase.problem = problem;
    return name;
  }

  #began(name: PhaseName, where: "from" | "after"): boolean {
    const first = orderOf(name) + (where === "after" ? 1 : 0);
    return phaseNames.slice(first).some((later) => this.#phases.has(later));
  }
}

const asking: ReadonlySet<string> = new Set(["DHCPDISCOVER", "DHCPREQUEST", "DHCPINFORM"]);
