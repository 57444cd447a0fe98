import type { Attempt, ProxyReader } from "./dialect.ts";
import type { ClientKey } from "./leases.ts";

/** What one packet told a proxy about its sender. */
export type Observation = Readonly<{
  client: ClientKey;
  mac: string;
  /** The address it has from the other server. */
  address?: string;
  attempt?: Attempt;
}>;

/**
 * What a proxyDHCP server knows of clients it gives no leases to. Its packets can be forged, so it is bounded: who was
 * not heard of for longest is forgotten, and begins with its usual dialect again.
 */
export class ProxyMemory implements ProxyReader {
  readonly #capacity: number;
  readonly #clients = new Map<ClientKey, Observation>();
  readonly #byAddress = new Map<string, ClientKey>();

  constructor(capacity = 4096) {
    this.#capacity = capacity;
  }

  attempt(client: ClientKey): Attempt | undefined {
    return this.#clients.get(client)?.attempt;
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
  }

  /** Somebody fetches a boot file from there: whoever took that address got on with what it was offered. */
  fetchedFrom(address: string): void {
    const client = this.#byAddress.get(address);
    const known = client === undefined ? undefined : this.#clients.get(client);
    if (!known?.attempt || known.attempt.progressed) return;
    this.#clients.set(known.client, { ...known, attempt: { ...known.attempt, progressed: true } });
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
