import { encodeRecord } from "./lease-record.ts";
import type { OpenJournal } from "./lease-write.ts";
import { allocateMore, replaceJournal, writeAll, writeJournal } from "./lease-write.ts";
import type { Lease } from "./leases.ts";

export type JournalOptions = Readonly<{
  /** What the file has to say when it is written anew. */
  snapshot: () => Iterable<Lease>;
  /** It is written anew when it has grown by this much and to twice what it was then. */
  compactAfterBytes?: number;
  /** Once per trouble, not once per lease: the file cannot be written, or not be made shorter. */
  onFailure?: (error: Error) => void;
}>;

const compactAfter = ({ compactAfterBytes = 4 * 2 ** 20 }: JournalOptions): number => compactAfterBytes;
/** Until it is written anew, and while that happens. */
const roomOf = (options: JournalOptions): number => compactAfter(options) + 2 ** 18;

/** Called when a lease is on the disk, or with why it is not. */
export type Written = (error?: Error) => void;

/** Without a lease: only to be told when those before it are written. */
type Waiting = Readonly<{ lease?: Lease; written: Written }>;
/** A disk that hangs must not fill the memory; clients ask again by themselves. */
const mostWaiting = 20_000;
const retryAfterMs = 1000;

/**
 * Writes leases down so that neither `kill -9` nor a power cut loses one that `written` was called for. Group commit:
 * what comes while one write is on its way goes with the next, in one write that returns when it is on the disk
 * (O_DSYNC). The event loop never waits.
 */
export class LeaseJournal implements AsyncDisposable {
  readonly #file: string;
  readonly #options: JournalOptions;
  #open: OpenJournal;
  /** The next file, written from a snapshot, until it takes the open one's place. */
  #next: OpenJournal | undefined;
  /** What was written since that snapshot. */
  #carry: Buffer[] | undefined;
  #waiting: Waiting[] = [];
  #draining: Promise<void> | undefined;
  #compacting: Promise<void> | undefined;
  #sizeAfterCompaction: number;
  #broken: Error | undefined;
  #retryAt = 0;
  #closed = false;

  private constructor(file: string, options: JournalOptions, opened: OpenJournal) {
    this.#file = file;
    this.#options = options;
    this.#open = opened;
    this.#sizeAfterCompaction = opened.size;
  }

  /** Begins by writing the snapshot anew: whatever a crash left at the end of the old file is gone then. */
  static async open(file: string, options: JournalOptions): Promise<LeaseJournal> {
    const opened = await writeJournal(file, options.snapshot(), roomOf(options));
    await replaceJournal(file, opened);
    return new LeaseJournal(file, options, opened);
  }

  append(lease: Lease, written: Written = () => {}): void {
    this.#wait({ lease, written });
  }

  /** Calls back when all that was appended before is on the disk. */
  settle(written: Written): void {
    if (this.#draining || this.#broken || this.#closed) this.#wait({ written });
    else written();
  }

  #wait(one: Waiting): void {
    if (this.#closed || this.#waiting.length >= mostWaiting) {
      one.written(new Error(this.#closed ? "the lease store is closed" : "the disk does not keep up"));
      return;
    }
    this.#waiting.push(one);
    // As soon as this turn is over: packets that arrived together are written together.
    this.#draining ??= Promise.resolve().then(() => this.#drain());
  }

  /** Safe to call twice. What was appended before is written. */
  async [Symbol.asyncDispose](): Promise<void> {
    const first = !this.#closed;
    this.#closed = true;
    await this.#compacting;
    await this.#draining;
    if (first) await this.#open.handle.close();
  }

  /** The only place that touches the open file: one batch after the other, and between them the next file. */
  async #drain(): Promise<void> {
    while (this.#waiting.length > 0 || this.#next) {
      if (this.#next) await this.#takeOver(this.#next);
      const batch = this.#waiting;
      this.#waiting = [];
      const failed = await this.#write(batch).then(
        () => undefined,
        (error: Error) => this.#failed(error),
      );
      for (const { written } of batch) written(failed);
      if (!failed) await allocateMore(this.#open); // nobody waits for this
      this.#compactWhenLong(); // here and not behind the loop: in a storm somebody always waits
    }
    this.#draining = undefined;
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    if (this.#broken) await this.#mend(this.#broken);
    const bytes = Buffer.from(batch.map(({ lease }) => (lease ? encodeRecord(lease) : "")).join(""));
    await writeAll(this.#open, bytes);
    this.#carry?.push(bytes);
  }

  /** After a failed write nobody knows what the file holds, and an fsync fails only once: another takes its place. */
  async #mend(why: Error): Promise<void> {
    if (performance.now() < this.#retryAt) throw why;
    this.#retryAt = performance.now() + retryAfterMs;
    await this.#compacting;
    await this.#next?.handle.close();
    this.#next = undefined;
    this.#carry = undefined;
    await this.#exchange(await writeJournal(this.#file, this.#options.snapshot(), roomOf(this.#options)));
    this.#broken = undefined;
  }

  #failed(error: Error): Error {
    if (!this.#broken) this.#options.onFailure?.(error);
    this.#broken = error;
    return error;
  }

  /** Beside the open file, so that no ACK waits for it. */
  #compactWhenLong(): void {
    const { size } = this.#open;
    // While the next file waits to take over, what was written since its snapshot must be kept.
    if (this.#closed || this.#compacting || this.#next || this.#broken) return;
    if (
      size < 2 * this.#sizeAfterCompaction ||
      size - this.#sizeAfterCompaction < compactAfter(this.#options)
    )
      return;
    this.#carry = [];
    this.#compacting = writeJournal(this.#file, this.#options.snapshot(), roomOf(this.#options))
      .then(
        (next) => {
          this.#next = next;
          this.#draining ??= this.#drain();
        },
        (error: Error) => {
          this.#carry = undefined;
          this.#sizeAfterCompaction = size; // try again when it has doubled once more
          this.#options.onFailure?.(error);
        },
      )
      .finally(() => {
        this.#compacting = undefined;
      });
  }

  async #takeOver(next: OpenJournal): Promise<void> {
    const carried = Buffer.concat(this.#carry ?? []);
    this.#next = undefined;
    this.#carry = undefined;
    try {
      await writeAll(next, carried);
      await this.#exchange(next);
    } catch (error) {
      await next.handle.close().catch(() => undefined);
      this.#failed(error as Error); // perhaps it is half done: the next write mends it
    }
  }

  async #exchange(next: OpenJournal): Promise<void> {
    await replaceJournal(this.#file, next);
    const before = this.#open.handle;
    this.#open = next;
    this.#sizeAfterCompaction = next.size;
    await before.close();
  }
}
