import type { BigIntStats } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { lengthDiffers } from "../core/served-file.ts";

/** Read at a time: a transfer costs a read per some windows. */
export const pieceBytes = 256 * 1024;

/** Some bytes of a file, in memory as long as somebody reads there. */
export interface Piece {
  readonly index: number;
  users: number;
  /** Once it is read; never written again, for sockets may still be sending from it. */
  bytes?: Uint8Array;
  readonly loaded: Promise<Uint8Array>;
}

/**
 * The files that are being read, each version of one open once however many read it, and each piece in memory once: a
 * room full of machines fetches the same loader. What nobody reads is not kept.
 */
export class SharedFiles {
  readonly #capacityBytes: number;
  readonly #files = new Map<string, SharedFile>();
  #heldBytes = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  get openFiles(): number {
    return this.#files.size;
  }

  /** Takes the handle over, which may be closed at once for another one of the very same file. */
  async share(handle: FileHandle, path: string): Promise<SharedFile> {
    try {
      const stats = await handle.stat({ bigint: true });
      const version = versionOf(stats);
      const shared = this.#files.get(version);
      if (shared === undefined) {
        const file = new SharedFile(handle, path, Number(stats.size), {
          mayHold: (bytes) => this.#mayHold(bytes),
          gaveBack: (bytes) => {
            this.#heldBytes -= bytes;
          },
          closing: () => {
            this.#files.delete(version);
          },
        });
        this.#files.set(version, file);
        return file;
      }
      shared.users += 1;
      await handle.close();
      return shared;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  #mayHold(bytes: number): boolean {
    if (this.#heldBytes + bytes > this.#capacityBytes) return false;
    this.#heldBytes += bytes;
    return true;
  }
}

/** While a file is open, no other one has its inode's number; times and size tell what was written into it since. */
const versionOf = ({ dev, ino, mtimeNs, ctimeNs, size }: BigIntStats) =>
  [dev, ino, mtimeNs, ctimeNs, size].join(" ");

interface Owner {
  /** Counts them, where there is room. */
  mayHold(bytes: number): boolean;
  gaveBack(bytes: number): void;
  closing(): void;
}

/** One version of a file, for everybody who reads it; disposed of by each of them. */
export class SharedFile implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #sizeBytes: number;
  readonly #owner: Owner;
  readonly #pieces = new Map<number, Piece>();
  users = 1;

  constructor(handle: FileHandle, path: string, sizeBytes: number, owner: Owner) {
    this.#handle = handle;
    this.#path = path;
    this.#sizeBytes = sizeBytes;
    this.#owner = owner;
  }

  /** Held until it is given back; undefined when there is no room for one more. */
  take(index: number): Piece | undefined {
    const there = this.#pieces.get(index);
    if (there) {
      there.users += 1;
      return there;
    }
    const [start, end] = this.#rangeOf(index);
    if (!this.#owner.mayHold(end - start)) return undefined;
    const loaded = this.load(start, end);
    const piece: Piece = { index, users: 1, loaded };
    this.#pieces.set(index, piece);
    loaded.then(
      (bytes) => {
        piece.bytes = bytes;
      },
      () => {}, // whoever waits for it is told
    );
    return piece;
  }

  giveBack(piece: Piece): void {
    piece.users -= 1;
    if (piece.users > 0) return;
    this.#pieces.delete(piece.index);
    const [start, end] = this.#rangeOf(piece.index);
    this.#owner.gaveBack(end - start);
  }

  async load(start: number, end: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(end - start);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await this.#handle.read(bytes, filled, bytes.length - filled, start + filled);
      if (bytesRead === 0) throw lengthDiffers(this.#path, start + filled, this.#sizeBytes);
      filled += bytesRead;
    }
    return bytes;
  }

  #rangeOf(index: number): [start: number, end: number] {
    return [index * pieceBytes, Math.min((index + 1) * pieceBytes, this.#sizeBytes)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.users -= 1;
    if (this.users > 0) return;
    this.#owner.closing();
    await this.#handle.close();
  }
}
