import type { FileHandle } from "node:fs/promises";
import type { ServedFile } from "../core/served-file.ts";
import { lengthDiffers, openServed } from "../core/served-file.ts";
import type { HotFiles } from "./hot-files.ts";
import type { ByteRange } from "./range.ts";
import type { StreamBudget, StreamMemory } from "./stream-budget.ts";

/** What is in memory already is only pointed at: this bounds how much is handed to the kernel at a time. */
const pieceBytes = 256 * 1024;

/** A file that is there and as long as was said. Disposing of it closes what is open. */
export interface Body extends AsyncDisposable {
  /** When the file was last changed, where the file system says so. */
  readonly modifiedMs?: number;
  /** Everything that is asked for, where it is in memory already and little enough to be handed over in one go. */
  atOnce?(range: ByteRange): Uint8Array | undefined;
  /** Each piece is valid until the next is asked for: its memory is used again. */
  pieces(range: ByteRange): AsyncIterable<Uint8Array>;
}

/** Where the bytes of files come from: memory that all answers share. */
export interface Sources {
  readonly hotFiles: HotFiles;
  readonly streams: StreamBudget;
}

export async function openBody(file: ServedFile, { hotFiles, streams }: Sources): Promise<Body> {
  if ("bytes" in file) {
    if (file.bytes.length !== file.sizeBytes)
      throw lengthDiffers("memory", file.bytes.length, file.sizeBytes);
    return inMemory(file.bytes);
  }
  const { path, sizeBytes } = file;
  // What must not be opened by its name is read from what is open.
  const byName = file.open === undefined;
  const recent = byName ? hotFiles.recent(path, sizeBytes) : undefined;
  if (recent) return { ...inMemory(recent.bytes), modifiedMs: recent.mtimeMs };
  const handle = await openServed(file);
  try {
    const { mtimeMs } = await handle.stat();
    const hot = byName ? await hotFiles.bytes({ path, mtimeMs, sizeBytes }) : undefined;
    if (hot === undefined) return new OpenFile(handle, { path, mtimeMs }, streams);
    await handle.close();
    return { ...inMemory(hot), modifiedMs: mtimeMs };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function inMemory(bytes: Uint8Array): Body {
  return {
    atOnce: ({ start, end }) => (end - start <= pieceBytes ? bytes.subarray(start, end) : undefined),
    async *pieces({ start, end }) {
      for (let at = start; at < end; at += pieceBytes)
        yield bytes.subarray(at, Math.min(at + pieceBytes, end));
    },
    async [Symbol.asyncDispose]() {},
  };
}

class OpenFile implements Body {
  readonly modifiedMs: number;
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #memory: StreamMemory;
  /** The read that is under way: the file may not be closed below it. */
  #reading: Promise<unknown> | undefined;

  constructor(handle: FileHandle, file: { path: string; mtimeMs: number }, streams: StreamBudget) {
    this.#handle = handle;
    this.#path = file.path;
    this.modifiedMs = file.mtimeMs;
    this.#memory = streams.open();
  }

  /** Reads a piece while the one before it is on its way, in two pieces of memory that take turns. */
  async *pieces({ start, end }: ByteRange): AsyncIterable<Uint8Array> {
    let at = start;
    let memory: Buffer | undefined;
    let next = at < end ? this.#read(at, end) : undefined;
    while (next !== undefined) {
      const piece = await next;
      at += piece.length;
      next = at < end ? this.#read(at, end, memory) : undefined;
      yield piece;
      memory = piece;
    }
  }

  #read(at: number, end: number, memory?: Buffer): Promise<Buffer> {
    const reading = this.#piece(at, end, memory);
    // Whoever stops in between never asks for it; who does ask is told.
    this.#reading = reading.catch(() => {});
    return reading;
  }

  async #piece(at: number, end: number, memory?: Buffer): Promise<Buffer> {
    const size = Math.min(this.#memory.pieceBytes, end - at);
    const piece = memory?.length === size ? memory : Buffer.allocUnsafeSlow(size);
    const { bytesRead } = await this.#handle.read(piece, 0, size, at);
    if (bytesRead === 0) throw lengthDiffers(this.#path, at, end);
    return piece.subarray(0, bytesRead);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#memory[Symbol.dispose]();
    await this.#reading;
    await this.#handle.close();
  }
}
