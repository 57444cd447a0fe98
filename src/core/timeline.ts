/** One fact: what happened, `at` how many milliseconds after the timeline began, and which one in order it was. */
export type Fact<Facts> = {
  [T in keyof Facts]: { seq: number; at: number; type: T } & Facts[T];
}[keyof Facts];

/** What a part that reports is given: it can add facts of its own kinds and nothing else. */
export interface Recorder<Facts> {
  record<T extends keyof Facts>(type: T, details: Facts[T]): void;
}

export type Clock = () => number;

/** The append-only record of one run. Everything that shows, asserts or times a boot reads it, and only it. */
export class Timeline<Facts> implements Recorder<Facts> {
  #facts: Fact<Facts>[] = [];
  readonly #listeners = new Set<(fact: Fact<Facts>) => void>();
  readonly #clock: Clock;
  readonly #begin: number;
  readonly #keep: number;
  #next = 0;

  /**
   * `clock` counts milliseconds and never goes back. A lab keeps every fact; a server that runs for months keeps the
   * last `keep` at least, at most twice as many, and its log what it is told to.
   */
  constructor(clock: Clock = () => performance.now(), { keep = Infinity }: { keep?: number } = {}) {
    this.#clock = clock;
    this.#begin = clock();
    this.#keep = keep;
  }

  /** Milliseconds since the timeline began, on the clock every fact is stamped with. */
  now(): number {
    return this.#clock() - this.#begin;
  }

  record<T extends keyof Facts>(type: T, details: Facts[T]): void {
    if (this.#facts.length >= 2 * this.#keep) this.#facts = this.#facts.slice(-this.#keep);
    const fact = { seq: this.#next, at: this.now(), type, ...details } as Fact<Facts>;
    this.#next += 1;
    this.#facts.push(fact);
    for (const listener of this.#listeners) listener(fact);
  }

  /** Replays what already happened, then follows along: a late reader misses nothing that is kept. */
  subscribe(listener: (fact: Fact<Facts>) => void): Disposable {
    for (const fact of this.#facts) listener(fact);
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** All facts so far that are kept, or those of one type, oldest first. */
  facts(): readonly Fact<Facts>[];
  facts<T extends keyof Facts>(type: T): Extract<Fact<Facts>, { type: T }>[];
  facts(type?: keyof Facts): readonly Fact<Facts>[] {
    return type === undefined ? this.#facts : this.#facts.filter((fact) => fact.type === type);
  }
}
