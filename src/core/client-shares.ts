/** Who holds how many of something (connections, transfers): one client alone must not take them all. */
export class ClientShares {
  readonly #most: number;
  readonly #held = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether this client may have one more; it is then counted until it is given back. */
  take(client: string): boolean {
    const held = this.heldBy(client);
    if (held >= this.#most) return false;
    this.#held.set(client, held + 1);
    return true;
  }

  /** Once for each that was taken. */
  giveBack(client: string): void {
    const left = this.heldBy(client) - 1;
    if (left > 0) this.#held.set(client, left);
    else this.#held.delete(client);
  }

  heldBy(client: string): number {
    return this.#held.get(client) ?? 0;
  }

  /** Clients that hold any. */
  get size(): number {
    return this.#held.size;
  }
}
