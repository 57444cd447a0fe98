import { readFile } from "node:fs/promises";
import { totalmem } from "node:os";

/** A version of a file on disk: another time or size is another file. */
export type FileVersion = Readonly<{ path: string; mtimeMs: number; sizeBytes: number }>;

/**
 * The files that are asked for again and again (kernel, initrd) kept in memory, where sending costs a third of reading
 * from disk: from the second request on, up to a total size, the longest unused ones leaving first.
 */
export class HotFiles {
  readonly #capacityBytes: number;
  /** In order of use, oldest first; undefined for a version seen once. */
  readonly #entries = new Map<string, Promise<Uint8Array> | undefined>();
  readonly #sizes = new Map<string, number>();
  /** By path: what was found unchanged on disk a moment ago. */
  readonly #recent = new Map<string, RecentFile>();
  readonly #now: () => number;
  #heldBytes = 0;

  constructor(capacityBytes: number, now: () => number = () => performance.now()) {
    this.#capacityBytes = capacityBytes;
    this.#now = now;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * A file in memory that was compared with the disk within the last second. Asking the disk costs small files more than
   * all the rest of their answer.
   */
  recent(path: string, sizeBytes: number): RecentFile | undefined {
    const found = this.#recent.get(path);
    if (found?.bytes.length === sizeBytes && this.#now() < found.untilMs) return found;
    this.#recent.delete(path);
    return undefined;
  }

  /** The whole file, or undefined when it is better streamed. Requests at the same time share one reading. */
  async bytes(version: FileVersion): Promise<Uint8Array | undefined> {
    const { path, sizeBytes } = version;
    // One file may not push out all others.
    if (sizeBytes > this.#capacityBytes / 2) return undefined;
    const key = `${path}\0${version.mtimeMs}\0${sizeBytes}`;
    const seen = this.#entries.has(key);
    const loading = this.#entries.get(key) ?? (seen ? this.#load(key, path, sizeBytes) : undefined);
    this.#entries.delete(key);
    this.#entries.set(key, loading);
    this.#makeRoom();
    const untilMs = this.#now() + recentMs; // from when it was looked at, not from when it was read
    try {
      const bytes = await loading;
      if (bytes && this.#sizes.has(key)) this.#recent.set(path, { bytes, mtimeMs: version.mtimeMs, untilMs });
      return bytes;
    } catch {
      this.#forget(key);
      return undefined; // whoever streams it will see why
    }
  }

  #load(key: string, path: string, sizeBytes: number): Promise<Uint8Array> {
    this.#sizes.set(key, sizeBytes);
    this.#heldBytes += sizeBytes;
    return readFile(path).then((bytes) => {
      if (bytes.length !== sizeBytes) throw new Error("changed while it was read");
      return bytes;
    });
  }

  #makeRoom(): void {
    for (const key of this.#entries.keys()) {
      if (this.#heldBytes <= this.#capacityBytes && this.#entries.size <= maxEntries) return;
      this.#forget(key);
    }
  }

  #forget(key: string): void {
    this.#recent.delete(key.slice(0, key.indexOf("\0")));
    this.#entries.delete(key);
    this.#heldBytes -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
  }
}

/** An eighth of what this process may use, so that a kernel and an initrd of 200 MB stay in it on a machine of 4 GiB. */
export function usualHotBytes(memoryBytes: number = memoryOfThisProcess()): number {
  return Math.min(2 ** 30, Math.max(128 * 2 ** 20, Math.floor(memoryBytes / 8)));
}

/** The machine's, or what a container leaves of it; the latter is 0 or immense where there is none. */
const memoryOfThisProcess = () => Math.min(totalmem(), process.constrainedMemory() || Infinity);

type RecentFile = Readonly<{ bytes: Uint8Array; mtimeMs: number; untilMs: number }>;

const maxEntries = 1000;
const recentMs = 1000;
