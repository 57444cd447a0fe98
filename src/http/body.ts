import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { DrybootError } from "../core/errors.ts";
import type { ServedFile } from "../core/served-file.ts";
import type { HotFiles } from "./hot-files.ts";
import type { ByteRange } from "./range.ts";

/** Half as fast again as Node's default of 64 KiB on files of a hundred megabytes; larger pieces gain nothing. */
const pieceBytes = 256 * 1024;

/** A file that is there and as long as was said. Disposing of it closes what is open. */
export interface Body extends AsyncDisposable {
  /** When the file was last changed, where the file system says so. */
  readonly modifiedMs?: number;
  pieces(range: ByteRange): AsyncIterable<Uint8Array>;
}

export async function openBody(file: ServedFile, hotFiles: HotFiles): Promise<Body> {
  if ("bytes" in file) {
    if (file.bytes.length !== file.sizeBytes)
      throw lengthDiffers("memory", file.bytes.length, file.sizeBytes);
    return inMemory(file.bytes);
  }
  const { path, sizeBytes } = file;
  const handle = await open(path, "r");
  try {
    const { size, mtimeMs } = await handle.stat();
    if (size !== sizeBytes) throw lengthDiffers(path, size, sizeBytes);
    const hot = await hotFiles.bytes({ path, mtimeMs, sizeBytes });
    if (hot === undefined) return new OpenFile(handle, path, mtimeMs);
    await handle.close();
    return { ...inMemory(hot), modifiedMs: mtimeMs };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const lengthDiffers = (path: string, found: number, promised: number) =>
  new DrybootError(`the file has ${found} bytes, not the ${promised} it had`, {
    code: "FILE_CHANGED",
    where: path,
    hint: "it was changed while it was served: start again",
  });

function inMemory(bytes: Uint8Array): Body {
  return {
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

  constructor(handle: FileHandle, path: string, modifiedMs: number) {
    this.#handle = handle;
    this.#path = path;
    this.modifiedMs = modifiedMs;
  }

  async *pieces({ start, end }: ByteRange): AsyncIterable<Uint8Array> {
    for (let at = start; at < end; ) {
      // Memory of its own each time: the socket may still be sending from the piece before.
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, end - at));
      const { bytesRead } = await this.#handle.read(piece, 0, piece.length, at);
      if (bytesRead === 0) throw lengthDiffers(this.#path, at, end);
      yield piece.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
