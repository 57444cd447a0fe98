import type { ForwardedAnswer } from "./forwarded-answer.ts";

/** An hour is plenty while machines boot, and limits how long a wrong answer stays. */
const longestSeconds = 3600;
/** "There is no such name" is what people most often have just mended (RFC 2308 §5 allows 3 hours). */
const longestNegativeSeconds = 60;
/** What the map and the object around a message take, roughly. */
const overheadBytes = 512;

/** Answers of forwarders while they live. Bounded in bytes; the one unused longest goes first. */
export class AnswerCache {
  readonly #mostBytes: number;
  readonly #entries = new Map<string, { answer: ForwardedAnswer; storedMs: number; untilMs: number }>();
  #bytes = 0;

  constructor(mostBytes = 8 * 2 ** 20) {
    this.#mostBytes = mostBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  find(key: string, nowMs: number): { answer: ForwardedAnswer; ageSeconds: number } | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    if (nowMs >= entry.untilMs) {
      this.#bytes -= cost(entry.answer);
      return undefined;
    }
    this.#entries.set(key, entry); // now the one used last
    return { answer: entry.answer, ageSeconds: Math.floor((nowMs - entry.storedMs) / 1000) };
  }

  /** Keeps what has a lifetime; nothing else is in here. */
  store(key: string, answer: ForwardedAnswer, nowMs: number): void {
    const longest = answer.ancount === 0 ? longestNegativeSeconds : longestSeconds;
    const seconds = Math.min(answer.lifetimeSeconds, longest);
    // One answer must not push out all others.
    if (seconds === 0 || cost(answer) > this.#mostBytes / 16) return;
    this.#remove(key);
    this.#entries.set(key, { answer, storedMs: nowMs, untilMs: nowMs + seconds * 1000 });
    this.#bytes += cost(answer);
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#mostBytes) break;
      this.#remove(oldest);
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= cost(entry.answer);
  }
}

function cost({ bytes, records }: ForwardedAnswer): number {
  return bytes.length + records.length * 64 + overheadBytes;
}
