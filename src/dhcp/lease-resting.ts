import type { Subnet } from "../wire/ipv4.ts";
import { isHostOf } from "../wire/ipv4.ts";

/**
 * Addresses that somebody declined, counted by network: what one DECLINE costs must not grow with the leases. All rest
 * equally long, so the one that began first is over first.
 */
export class RestingAddresses {
  readonly #until = new Map<string, number>();
  readonly #counts = new Map<Subnet, number>();

  add(address: string, until: number): void {
    this.delete(address);
    this.#until.set(address, until);
    this.#count(address, 1);
  }

  delete(address: string): void {
    if (this.#until.delete(address)) this.#count(address, -1);
  }

  clear(): void {
    this.#until.clear();
    this.#counts.clear();
  }

  in(subnet: Subnet, now: number): number {
    for (const [address, until] of this.#until) {
      if (until > now) break;
      this.delete(address);
    }
    let count = this.#counts.get(subnet);
    if (count === undefined) {
      count = 0;
      for (const address of this.#until.keys()) if (isHostOf(subnet, address)) count += 1;
      this.#counts.set(subnet, count);
    }
    return count;
  }

  #count(address: string, by: 1 | -1): void {
    for (const [subnet, count] of this.#counts) {
      if (isHostOf(subnet, address)) this.#counts.set(subnet, count + by);
    }
  }
}
