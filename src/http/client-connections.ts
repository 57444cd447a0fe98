import type { Socket } from "node:net";

/** Who holds how many connections: one client alone must not take them all. */
export class ClientConnections {
  readonly #most: number;
  readonly #held = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether this address may have one more; it is then counted until the socket closes. */
  admit(from: string, socket: Pick<Socket, "once">): boolean {
    const held = this.#held.get(from) ?? 0;
    if (held >= this.#most) return false;
    this.#held.set(from, held + 1);
    socket.once("close", () => {
      const left = (this.#held.get(from) ?? 1) - 1;
      if (left === 0) this.#held.delete(from);
      else this.#held.set(from, left);
    });
    return true;
  }

  /** Addresses with a connection. */
  get size(): number {
    return this.#held.size;
  }
}
