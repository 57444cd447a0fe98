/**
 * How many packets per second are looked at. DHCP clients ask again by themselves, so dropping is harmless, while
 * every packet that is looked at costs memory for its facts.
 */
export class PacketBudget {
  readonly #perSecond: number;
  readonly #now: () => number;
  #second = Number.NEGATIVE_INFINITY;
  #seen = 0;

  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Whether to look at a packet; `overrun` with the first one that is too many, so that it is reported once. */
  take(): "look" | "overrun" | "drop" {
    const now = this.#now();
    if (now - this.#second >= 1000 || now < this.#second) {
      this.#second = now;
      this.#seen = 0;
    }
    this.#seen += 1;
    if (this.#seen <= this.#perSecond) return "look";
    return this.#seen === this.#perSecond + 1 ? "overrun" : "drop";
  }
}
