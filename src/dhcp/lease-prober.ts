import type { Recorder } from "../core/timeline.ts";
import { ipv4Number } from "../wire/ipv4.ts";
import { unusedBetween } from "./assign.ts";
import type { LeaseFacts } from "./lease-facts.ts";
import type { Neighbours } from "./lease-probe.ts";
import type { LeaseStore } from "./lease-store.ts";
import type { Pool } from "./policy.ts";

export type ProberOptions = Readonly<{
  store: Pick<LeaseStore, "table" | "append">;
  /** The pool of the network we are on: nobody behind a relay hears ARP. */
  pool: () => Pool;
  neighbours: Neighbours;
  timeline: Recorder<LeaseFacts>;
  now: () => number;
  signal: AbortSignal;
}>;

/** So many addresses are known to be nobody's; a burst of more new clients than this gets unprobed ones. */
const ahead = 64;
/** How long silence counts: somebody may plug in a machine with a fixed address at any time. */
const goodForMs = 300_000;
const everyMs = 1000;
const quarantineMs = 600_000;

/**
 * Looks ahead for addresses that somebody uses without having asked us, so that no offer waits for it: addresses that
 * stayed silent are offered first (`LeaseTable.probed`), those that answered rest.
 */
export class ConflictProber implements Disposable {
  readonly #options: ProberOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #stop = new AbortController();
  /** Until when the silence of an address counts. */
  readonly #goodUntil = new Map<string, number>();
  #next = 0;
  #probing = false;

  constructor(options: ProberOptions) {
    this.#options = options;
    const look = () => void this.look().catch((error: Error) => this.#fail(error));
    this.#timer = setInterval(look, everyMs).unref();
    look();
  }

  /** Probes what is missing; for tests also by hand. */
  async look(): Promise<void> {
    if (this.#probing) return;
    this.#probing = true;
    try {
      this.#expire();
      const asked = this.#candidates();
      if (asked.length === 0) return;
      const signal = AbortSignal.any([this.#options.signal, this.#stop.signal]);
      this.#note(asked, await this.#options.neighbours(asked, signal));
    } finally {
      this.#probing = false;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#stop.abort();
  }

  /** What failed once fails every second: addresses are offered unprobed from now on. */
  #fail(error: Error): void {
    if (this.#stop.signal.aborted || this.#options.signal.aborted) return;
    this.#options.timeline.record("dhcp.probe-failed", { problem: error.message });
    this[Symbol.dispose]();
  }

  #expire(): void {
    const { now } = this.#options;
    const { table } = this.#options.store;
    for (const [address, until] of this.#goodUntil) {
      if (table.probed.has(address) && until > now()) continue;
      table.probed.delete(address);
      this.#goodUntil.delete(address);
    }
  }

  /** The next addresses of the pool that have no record, going round. */
  #candidates(): string[] {
    const { table } = this.#options.store;
    const pool = this.#options.pool();
    const found: string[] = [];
    for (let ends = 0; ends < 2 && table.probed.size + found.length < ahead; ) {
      const address = unusedBetween(this.#next, pool.size - 1, pool, table);
      if (address === undefined) {
        ends += 1;
        this.#next = 0;
      } else {
        this.#next = ipv4Number(address) - ipv4Number(pool.at(0)) + 1;
        if (!table.probed.has(address) && !found.includes(address)) found.push(address);
      }
    }
    return found;
  }

  #note(asked: readonly string[], answered: ReadonlyMap<string, string>): void {
    const { store, now, timeline } = this.#options;
    const { table } = store;
    for (const address of asked) {
      if (table.at(address)) continue; // given away meanwhile: who answers there is its client
      const mac = answered.get(address);
      if (mac === undefined) {
        table.probed.add(address);
        this.#goodUntil.set(address, now() + goodForMs);
        continue;
      }
      const client = `stranger/${address}`;
      const lease = { address, client, mac, state: "declined", until: now() + quarantineMs } as const;
      table.store(lease);
      store.append(lease);
      timeline.record("dhcp.conflict", { address, mac });
    }
  }
}
