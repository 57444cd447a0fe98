/**
 * One address and whom it is promised to. `ended` ones are kept until the address is needed, so that a machine that
 * comes back gets what it had (RFC 2131 §4.3.4); `declined` ones answered somebody's ARP and rest for a while.
 */
export type Lease = Readonly<{
  address: string;
  client: ClientKey;
  mac: string;
  state: "offered" | "bound" | "ended" | "declined";
  /** Milliseconds since the epoch; from then on the address may be given to another. */
  until: number;
  hostName?: string;
}>;

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
}

/**
 * At most one record per address and one per client: it cannot outgrow the pool and the reservations, because
 * decisions store nothing else.
 */
export class LeaseTable implements LeaseReader {
  readonly #byAddress = new Map<string, Lease>();
  readonly #byClient = new Map<ClientKey, string>();

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

  /** Puts a lease in place of what its address and its client had before. */
  store(lease: Lease): void {
    this.#remove(this.#byAddress.get(lease.address));
    this.#remove(this.of(lease.client));
    this.#byAddress.set(lease.address, lease);
    if (lease.state !== "declined") this.#byClient.set(lease.client, lease.address);
  }

  /** Forgets what a new policy no longer speaks of. */
  keepOnly(kept: (lease: Lease) => boolean): void {
    for (const lease of [...this.all()]) if (!kept(lease)) this.#remove(lease);
  }

  #remove(lease: Lease | undefined): void {
    if (!lease) return;
    this.#byAddress.delete(lease.address);
    if (this.#byClient.get(lease.client) === lease.address) this.#byClient.delete(lease.client);
  }
}
