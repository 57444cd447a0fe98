import type { Subnet } from "../wire/ipv4.ts";
import { formatIpv4, ipv4Number } from "../wire/ipv4.ts";
import { AddressSet } from "./lease-addresses.ts";
import { EndQueue } from "./lease-ends.ts";
import { RestingAddresses } from "./lease-resting.ts";

/**
 * One address and whom it is promised to. `ended` ones are kept until the address is needed, so that a machine that
 * comes back gets what it had (RFC 2131 §4.3.4); `declined` ones answered somebody's ARP and rest for a while.
 */
export type Lease = Readonly<{
  address: string;
  client: ClientKey;
  mac: string;
  state: LeaseState;
  /** Milliseconds since the epoch; from then on the address may be given to another. */
  until: number;
  /**
   * Until when the disk says that its client has it, once what was appended is there: later than `until`, so that the
   * same machine's next loader, kernel and system are answered without a write. After a crash it is taken for `until`.
   */
  heldUntil?: number;
  hostName?: string;
}>;

export const leaseStates = ["offered", "bound", "ended", "declined"] as const;
export type LeaseState = (typeof leaseStates)[number];

/** What tells clients apart: see `clientKeyOf`. */
export type ClientKey = string;

/** What a decision may look at. */
export interface LeaseReader {
  /** The record of an address, also when its time is over. */
  at(address: string): Lease | undefined;
  /** The address a client has or had last; never one it declined. */
  of(client: ClientKey): Lease | undefined;
  /** All records, the one untouched longest first. */
  all(): Iterable<Lease>;
  /** How many records there are. */
  readonly size: number;
  /** The first address from `first` to `last` without a record. */
  unused(first: string, last: string): string | undefined;
  /** Of the records whose time is over and whose address `fits`, the one it is over for longest; `fits` is a pool's. */
  longestOver(now: number, fits: (address: string) => boolean): Lease | undefined;
  /** How many addresses of a network were declined and rest. */
  resting(subnet: Subnet, now: number): number;
  /** Addresses without a record that nobody answered for when they were probed. */
  readonly probed: Iterable<string>;
}

/**
 * At most one record per address and one per client: it cannot outgrow the pool and the reservations, because
 * decisions store nothing else.
 */
export class LeaseTable implements LeaseReader {
  readonly #byAddress = new Map<string, Lease>();
  readonly #byClient = new Map<ClientKey, string>();
  readonly #used = new AddressSet();
  readonly #resting = new RestingAddresses();
  /** One per pool that ran full: only there it matters whose time is over. */
  readonly #ends = new Map<(address: string) => boolean, EndQueue>();
  #parked: Lease[] = [];
  readonly probed = new Set<string>();

  constructor(leases: Iterable<Lease> = []) {
    for (const lease of leases) this.store(lease);
  }

  at(address: string): Lease | undefined {
    return this.#byAddress.get(address);
  }

  of(client: ClientKey): Lease | undefined {
    const address = this.#byClient.get(client);
    return address === undefined ? undefined : this.#byAddress.get(address);
  }

  all(): MapIterator<Lease> {
    return this.#byAddress.values();
  }

  get size(): number {
    return this.#byAddress.size;
  }

  unused(first: string, last: string): string | undefined {
    const value = this.#used.firstMissing(ipv4Number(first), ipv4Number(last));
    return value === undefined ? undefined : formatIpv4(value);
  }

  longestOver(now: number, fits: (address: string) => boolean): Lease | undefined {
    let queue = this.#ends.get(fits);
    if (!queue) {
      queue = new EndQueue((lease) => this.#byAddress.get(lease.address) === lease);
      for (const lease of this.all()) if (fits(lease.address)) queue.push(lease, this.size);
      this.#ends.set(fits, queue);
    }
    return queue.over(now);
  }

  resting(subnet: Subnet, now: number): number {
    return this.#resting.in(subnet, now);
  }

  /** Puts a lease in place of what its address and its client had before. */
  store(lease: Lease): void {
    this.#remove(this.#byAddress.get(lease.address));
    this.#remove(this.of(lease.client));
    this.#byAddress.set(lease.address, lease);
    this.#used.add(ipv4Number(lease.address));
    this.probed.delete(lease.address);
    if (lease.state === "declined") this.#resting.add(lease.address, lease.until);
    else this.#byClient.set(lease.client, lease.address);
    for (const [fits, queue] of this.#ends) if (fits(lease.address)) queue.push(lease, this.size);
  }

  /** The disk does not hold this lease after all. */
  unhold(lease: Lease): void {
    if (this.#byAddress.get(lease.address) !== lease) return; // a later one stands for itself
    const { heldUntil: _, ...rest } = lease;
    this.store(rest);
  }

  /**
   * Keeps what the policy speaks of. A running lease that it does not speak of is put aside, not forgotten: its client
   * still uses the address, and the next policy may speak of it again.
   */
  keepOnly(kept: (lease: Lease) => boolean, now: number): void {
    const before = [...this.everything()];
    this.#byAddress.clear();
    this.#byClient.clear();
    this.#used.clear();
    this.#resting.clear();
    this.#ends.clear();
    this.probed.clear();
    for (const lease of before) if (kept(lease)) this.store(lease);
    this.#parked = before.filter((lease) => !kept(lease) && lease.state === "bound" && lease.until > now);
  }

  /** What has to be written down to survive: all records, first those put aside. */
  *everything(): Generator<Lease> {
    yield* this.#parked;
    yield* this.all();
  }

  #remove(lease: Lease | undefined): void {
    if (!lease) return;
    this.#byAddress.delete(lease.address);
    this.#used.delete(ipv4Number(lease.address));
    this.#resting.delete(lease.address);
    if (this.#byClient.get(lease.client) === lease.address) this.#byClient.delete(lease.client);
  }
}
