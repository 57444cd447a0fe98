import type { Lease } from "./leases.ts";

/** Entries that a later record replaced are dropped when they are more than the records, plus this. */
const slack = 1024;

/**
 * Leases in the order in which their time is over: a binary heap. A search through a full pool of 65,000 for every
 * packet of a flood would take milliseconds each. A replaced lease stays in until it comes up or is swept out.
 */
export class EndQueue {
  readonly #stands: (lease: Lease) => boolean;
  #heap: Lease[] = [];

  /** `stands` says whether a lease is still the record of its address. */
  constructor(stands: (lease: Lease) => boolean) {
    this.#stands = stands;
  }

  push(lease: Lease, records: number): void {
    if (this.#heap.length > 2 * records + slack) this.#sweep();
    this.#up(lease);
  }

  /** Of those whose time is over, the one it is over for longest. It stays in. */
  over(now: number): Lease | undefined {
    for (let top = this.#heap[0]; top && top.until <= now; top = this.#heap[0]) {
      if (this.#stands(top)) return top;
      this.#drop();
    }
    return undefined;
  }

  #sweep(): void {
    const standing = this.#heap.filter(this.#stands);
    this.#heap = [];
    for (const lease of standing) this.#up(lease);
  }

  #up(lease: Lease): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (!above || above.until <= lease.until) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = lease;
  }

  /** Takes the top out. */
  #drop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const smaller = (heap[left + 1]?.until ?? Infinity) < (heap[left]?.until ?? Infinity) ? left + 1 : left;
      const below = heap[smaller];
      if (!below || below.until >= last.until) break;
      heap[at] = below;
      at = smaller;
    }
    heap[at] = last;
  }
}
