/** How many sources are told apart in one second; the others share one budget. */
const mostSources = 256;

/** How much may be caused per second by each source, and by all together, be it facts or work. Its memory is bounded. */
export class SourceBudget {
  readonly #perSource: number;
  readonly #inAll: number;
  readonly #now: () => number;
  readonly #takenBy = new Map<string, number>();
  #taken = 0;
  #second = Number.NEGATIVE_INFINITY;

  constructor(most: { perSource: number; inAll: number }, now: () => number = () => performance.now()) {
    this.#perSource = most.perSource;
    this.#inAll = most.inAll;
    this.#now = now;
  }

  /** Whether this one is within the budgets; `overrun` with the first that is not, so that it is said once. */
  take(source: string): "within" | "overrun" | "over" {
    const now = this.#now();
    if (now - this.#second >= 1000) {
      this.#second = now;
      this.#taken = 0;
      this.#takenBy.clear();
    }
    const key = this.#takenBy.has(source) || this.#takenBy.size < mostSources ? source : "";
    const takenBy = (this.#takenBy.get(key) ?? 0) + 1;
    this.#takenBy.set(key, takenBy);
    if (takenBy > this.#perSource) return takenBy === this.#perSource + 1 ? "overrun" : "over";
    this.#taken += 1;
    if (this.#taken > this.#inAll) return this.#taken === this.#inAll + 1 ? "overrun" : "over";
    return "within";
  }
}
