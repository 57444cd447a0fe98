import type { Fact } from "../core/timeline.ts";
import type { BootFacts } from "../lab/facts.ts";
import type { FactReader } from "./fact-reader.ts";
import { readFact } from "./fact-reader.ts";
import type { FileRole, PhaseName, RoleOf } from "./phase.ts";
import type { AskingClient } from "./what-ran.ts";
import { askingClient } from "./what-ran.ts";

/** One exchange with DHCP, by whoever of a boot had it: the firmware, its iPXE, the operating system. */
export interface Exchange {
  asked: number;
  offers: number;
  /** How often it asked for what it was offered. */
  requests: number;
  acks: number;
  /** Offers that only say what to boot, beside another server's address. */
  proxied: boolean;
  bootFile?: string;
  /** Why it was last left without an answer, and whether another server has it. */
  silence?: { reason: string; notOurs: boolean };
}

/** What became of the files of one kind. */
export interface Fetched {
  asked: number;
  /** Only their size was wanted. */
  probed: number;
  sent: number;
  file?: string;
  /** Of the last that failed. */
  failure?: { reason: string; missing: boolean };
}

/** All that the last stop of a boot is judged by; it takes the same room however long the boot is. */
export interface Evidence {
  client?: AskingClient;
  exchanges: Readonly<Record<Stage, Exchange>>;
  files: Readonly<Record<FileRole, Fetched>>;
  loop?: BootFacts["boot.looping"];
  /** The last line that came by syslog. */
  said?: string;
  ready: boolean;
}

export type Stage = "dhcp" | "ipxe-dhcp" | "network";

export class EvidenceReader {
  readonly evidence: Evidence = {
    exchanges: { dhcp: noExchange(), "ipxe-dhcp": noExchange(), network: noExchange() },
    files: { loader: noFile(), script: noFile(), kernel: noFile(), initrd: noFile() },
    ready: false,
  };
  readonly #roleOf: RoleOf;
  /** The one that the fact being read belongs to. */
  #exchange: Exchange | undefined;

  constructor(roleOf: RoleOf) {
    this.#roleOf = roleOf;
  }

  /** Takes a fact of this boot, and the phase it belongs to. */
  feed(fact: Fact<BootFacts>, phase: PhaseName | undefined): void {
    this.#exchange = isStage(phase) ? this.evidence.exchanges[phase] : undefined;
    readFact(this.#reader, fact);
  }

  readonly #reader: FactReader<void> = {
    "dhcp.received": (fact) => {
      const client = askingClient(fact);
      if (client) this.evidence.client ??= client;
      if (!this.#exchange) return;
      this.#exchange.asked += 1;
      if (fact.messageType === "DHCPREQUEST") this.#exchange.requests += 1;
    },
    "dhcp.sent": ({ messageType, yiaddr, bootfileName }) => {
      if (!this.#exchange) return;
      if (messageType === "DHCPOFFER") this.#exchange.offers += 1;
      if (messageType === "DHCPACK") this.#exchange.acks += 1;
      this.#exchange.proxied = yiaddr === "0.0.0.0";
      if (bootfileName !== undefined) this.#exchange.bootFile = bootfileName;
      delete this.#exchange.silence;
    },
    "dhcp.silent": ({ reason, notOurs = false }) => {
      if (this.#exchange) this.#exchange.silence = { reason, notOurs };
    },
    "tftp.requested": ({ file }) => this.#asked(file),
    "tftp.probed": ({ file }) => this.#count(file, "probed"),
    "tftp.sent": ({ file }) => this.#count(file, "sent"),
    "tftp.failed": ({ file, reason }) => this.#failed(file, reason, /^no (?:such )?file/.test(reason)),
    "http.requested": ({ path }) => this.#asked(path),
    "http.sent": ({ path, method, status }) => {
      if (status >= 400) this.#failed(path, `HTTP ${status}`, status === 404);
      else this.#count(path, method === "HEAD" ? "probed" : "sent");
    },
    "http.failed": ({ path, reason }) => this.#failed(path, reason, false),
    "boot.looping": (fact) => {
      this.evidence.loop = fact;
    },
    "syslog.received": ({ text }) => {
      this.evidence.said = text;
    },
    "machine.ready": () => this.#ready(),
    "vm.ready": () => this.#ready(),
  };

  #ready(): void {
    this.evidence.ready = true;
  }

  #asked(path: string): void {
    const fetched = this.#of(path);
    if (!fetched) return;
    fetched.asked += 1;
    fetched.file = path;
  }

  #count(path: string, what: "probed" | "sent"): void {
    const fetched = this.#of(path);
    if (!fetched) return;
    fetched[what] += 1;
    fetched.file = path;
    if (what === "sent") delete fetched.failure;
  }

  #failed(path: string, reason: string, missing: boolean): void {
    const fetched = this.#of(path);
    if (!fetched) return;
    fetched.file = path;
    fetched.failure = { reason, missing };
  }

  #of(path: string): Fetched | undefined {
    const role = this.#roleOf(path);
    return role && this.evidence.files[role];
  }
}

const isStage = (phase: PhaseName | undefined): phase is Stage =>
  phase === "dhcp" || phase === "ipxe-dhcp" || phase === "network";

function noExchange(): Exchange {
  return { asked: 0, offers: 0, requests: 0, acks: 0, proxied: false };
}

function noFile(): Fetched {
  return { asked: 0, probed: 0, sent: 0 };
}
