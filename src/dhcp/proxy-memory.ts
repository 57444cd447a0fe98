import type { Attempt, Dialect, ProxyReader } from "./dialect.ts";
import type { ClientKey } from "./leases.ts";

/** What one packet told a proxy about its sender. */
export type Observation = Readonly<{
  client: ClientKey;
  mac: string;
  /** The address it has from the other server. */
  address?: string;
  attempt?: Attempt;
}>;

export type ProxyMemoryOptions = Readonly<{
  capacity?: number;
  proven?: Iterable<readonly [ClientKey, Dialect]>;
  onProven?: () => void;
}>;

/**
 * What a proxyDHCP server knows of clients it gives no leases to. Its packets can be forged, so it is bounded: who was
 * not heard of for longest is forgotten, and begins with its usual dialect again.
 */
export class ProxyMemory implements ProxyReader {
  readonly #capacity: number;
  readonly #clients = new Map<ClientKey, Observation>();
  readonly #byAddress = new Map<string, ClientKey>();
  readonly #proven = new Map<ClientKey, Dialect>();
  readonly #onProven: () => void;

  /** `proven` is what an earlier memory said; `onProven` is called when this one has more to say. */
  constructor({ capacity = 4096, proven = [], onProven = () => {} }: ProxyMemoryOptions = {}) {
    this.#capacity = capacity;
    for (const [client, dialect] of proven) this.#remember(client, dialect);
    this.#onProven = onProven;
  }

  attempt(client: ClientKey): Attempt | undefined {
    const { attempt } = this.#clients.get(client) ?? {};
    const dialect = this.#proven.get(client);
    if (attempt || dialect === undefined) return attempt;
    return { dialect, xid: Number.NaN, since: 0, progressed: true, proven: true, failures: 0 };
  }

  /** With which dialect each firmware got on when it last did, the one longest ago first. */
  proven(): ReadonlyMap<ClientKey, Dialect> {
    return this.#proven;
  }

  /** Who took this address from the other server, as far as we heard. */
  macAt(address: string): string | undefined {
    const client = this.#byAddress.get(address);
    return client === undefined ? undefined : this.#clients.get(client)?.mac;
  }

  note(observation: Observation): void {
    const { client, address } = observation;
    const before = this.#clients.get(client);
    this.#forget(before);
    if (address !== undefined) this.#release(address);
    const known = { ...before, ...observation };
    this.#clients.set(client, known);
    if (known.address !== undefined) this.#byAddress.set(known.address, client);
    if (this.#clients.size > this.#capacity) this.#forget(this.#clients.values().next().value);
    this.#learn(known);
  }

  /** Somebody fetches a boot file from there: whoever took that address got on with what it was offered. */
  fetchedFrom(address: string): void {
    const client = this.#byAddress.get(address);
    const known = client === undefined ? undefined : this.#clients.get(client);
    if (!known?.attempt || known.attempt.progressed) return;
    const progressed = { ...known, attempt: { ...known.attempt, progressed: true } };
    this.#clients.set(known.client, progressed);
    this.#learn(progressed);
  }

  #learn({ client, attempt }: Observation): void {
    if (!attempt?.progressed || this.#proven.get(client) === attempt.dialect) return;
    this.#remember(client, attempt.dialect);
    this.#onProven();
  }

  #remember(client: ClientKey, dialect: Dialect): void {
    this.#proven.delete(client);
    this.#proven.set(client, dialect);
    const [oldest] = this.#proven.keys();
    if (this.#proven.size > this.#capacity && oldest !== undefined) this.#proven.delete(oldest);
  }

  /** The other server gave the address to somebody else. */
  #release(address: string): void {
    const client = this.#byAddress.get(address);
    const known = client === undefined ? undefined : this.#clients.get(client);
    if (!known) return;
    const { address: _, ...rest } = known;
    this.#clients.set(known.client, rest);
    this.#byAddress.delete(address);
  }

  #forget(known: Observation | undefined): void {
    if (!known) return;
    this.#clients.delete(known.client);
    if (known.address !== undefined) this.#byAddress.delete(known.address);
  }
}
