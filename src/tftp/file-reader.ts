import type { ServedFile } from "../core/served-file.ts";
import { lengthDiffers, openServed } from "../core/served-file.ts";
import type { Piece, SharedFile, SharedFiles } from "./shared-files.ts";
import { pieceBytes } from "./shared-files.ts";

/** The bytes of a file from `start` up to `end`, in any order, best forward. */
export interface FileReader extends AsyncDisposable {
  /** At once where they are in memory already: then a block costs no turn of the event loop's queues. */
  read(start: number, end: number): Uint8Array | Promise<Uint8Array>;
}

/** Fails when the file is not there or no longer as long as was promised to the client. */
export async function openReader(file: ServedFile, files: SharedFiles): Promise<FileReader> {
  if ("bytes" in file) {
    const { bytes } = file;
    if (bytes.length !== file.sizeBytes) throw lengthDiffers("memory", bytes.length, file.sizeBytes);
    return { read: (start, end) => bytes.subarray(start, end), [Symbol.asyncDispose]: async () => {} };
  }
  return new PieceReader(await files.share(await openServed(file), file.path));
}

/** One reader of a file that others may be reading too; it holds the pieces that it read last. */
class PieceReader implements FileReader {
  readonly #file: SharedFile;
  #held: Piece[] = [];

  constructor(file: SharedFile) {
    this.#file = file;
  }

  read(start: number, end: number): Uint8Array | Promise<Uint8Array> {
    if (start >= end) return new Uint8Array();
    this.#hold(Math.floor(start / pieceBytes), Math.floor((end - 1) / pieceBytes));
    // No room: no more is read than is sent now.
    if (this.#held.length === 0) return this.#file.load(start, end);
    const loaded = this.#held.flatMap(({ bytes }) => bytes ?? []);
    if (loaded.length === this.#held.length) return cut(loaded, start, end);
    return Promise.all(this.#held.map((piece) => piece.loaded)).then((pieces) => cut(pieces, start, end));
  }

  /** From the first to the last piece, all or none; those before are given back first, for there may be room for few. */
  #hold(first: number, last: number): void {
    if (this.#held[0]?.index === first && this.#held.length === last - first + 1) return;
    const before = this.#held;
    this.#held = before.filter(({ index }) => index >= first && index <= last);
    for (const piece of before) if (!this.#held.includes(piece)) this.#file.giveBack(piece);
    for (let index = first; index <= last; index += 1) {
      if (this.#held.some((piece) => piece.index === index)) continue;
      const piece = this.#file.take(index);
      if (piece === undefined) {
        this.#letGo();
        return;
      }
      this.#held.push(piece);
    }
    this.#held.sort((one, other) => one.index - other.index);
  }

  #letGo(): void {
    for (const piece of this.#held) this.#file.giveBack(piece);
    this.#held = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#letGo();
    await this.#file[Symbol.asyncDispose]();
  }
}

/** Pieces follow one another; where what is asked for lies in one of them, it is not copied. */
function cut(pieces: readonly Uint8Array[], start: number, end: number): Uint8Array {
  const from = start % pieceBytes;
  const [only, ...more] = pieces;
  const joined = only && more.length === 0 ? only : Buffer.concat(pieces);
  return joined.subarray(from, from + end - start);
}
