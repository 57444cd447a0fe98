import { readFile } from "node:fs/promises";

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
  #heldBytes = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
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
    try {
      return await loading;
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
    this.#entries.delete(key);
    this.#heldBytes -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
  }
}

const maxEntries = 1000;
