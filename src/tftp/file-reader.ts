import type { FileHandle } from "node:fs/promises";
import type { ServedFile } from "../core/served-file.ts";
import { lengthDiffers, openServed } from "../core/served-file.ts";

/** Reads ahead this much: a transfer costs a read per some windows, and memory for one piece only. */
const pieceBytes = 256 * 1024;

/** The bytes of a file from `start` up to `end`, in any order, best forward. */
export interface FileReader extends AsyncDisposable {
  /** At once where they are in memory already: then a block costs no turn of the event loop's queues. */
  read(start: number, end: number): Uint8Array | Promise<Uint8Array>;
}

/** Fails when the file is not there or no longer as long as was promised to the client. */
export async function openReader(file: ServedFile): Promise<FileReader> {
  if ("bytes" in file) {
    const { bytes } = file;
    if (bytes.length !== file.sizeBytes) throw lengthDiffers("memory", bytes.length, file.sizeBytes);
    return { read: (start, end) => bytes.subarray(start, end), [Symbol.asyncDispose]: async () => {} };
  }
  return new PieceReader(await openServed(file), file.path, file.sizeBytes);
}

class PieceReader implements FileReader {
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #sizeBytes: number;
  #from = 0;
  #piece = new Uint8Array();

  constructor(handle: FileHandle, path: string, sizeBytes: number) {
    this.#handle = handle;
    this.#path = path;
    this.#sizeBytes = sizeBytes;
  }

  read(start: number, end: number): Uint8Array | Promise<Uint8Array> {
    const held = start >= this.#from && end <= this.#from + this.#piece.length;
    return held ? this.#piece.subarray(start - this.#from, end - this.#from) : this.#load(start, end);
  }

  /** Into memory of its own each time: the socket may still be sending from the piece before. */
  async #load(start: number, end: number): Promise<Uint8Array> {
    const piece = new Uint8Array(Math.min(Math.max(end - start, pieceBytes), this.#sizeBytes - start));
    let filled = 0;
    while (filled < piece.length) {
      const { bytesRead } = await this.#handle.read(piece, filled, piece.length - filled, start + filled);
      if (bytesRead === 0) throw lengthDiffers(this.#path, start + filled, this.#sizeBytes);
      filled += bytesRead;
    }
    this.#from = start;
    this.#piece = piece;
    return piece.subarray(0, end - start);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
