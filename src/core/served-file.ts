import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { DrybootError } from "./errors.ts";

/** Something TFTP and HTTP hand out: bytes in memory, or a file whose path *we* chose; never one a client named. */
export type ServedFile = Readonly<
  ({ bytes: Uint8Array } | FileOnDisk) & {
    sizeBytes: number;
    /** SHA-256 in lower-case hex, where it is known: the strong ETag. */
    sha256?: string;
    /** Milliseconds since the epoch. */
    modifiedMs?: number;
    /** Media type; without it the server judges by the extension of the requested name. */
    contentType?: string;
  }
>;

interface FileOnDisk {
  path: string;
  /** Opens what `path` names, where opening it by name could lead elsewhere by now. */
  open?: () => Promise<FileHandle>;
}

/** A text made for whoever asks. */
export function textFile(text: string): ServedFile {
  const bytes = Buffer.from(text);
  return { bytes, sizeBytes: bytes.length, contentType: "text/plain" };
}

/** Fails when the file is not there or no longer as long as was promised to the client. */
export async function openServed(file: Readonly<FileOnDisk> & { sizeBytes: number }): Promise<FileHandle> {
  const handle = await (file.open?.() ?? open(file.path, "r"));
  try {
    const { size } = await handle.stat();
    if (size !== file.sizeBytes) throw lengthDiffers(file.path, size, file.sizeBytes);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export const lengthDiffers = (path: string, found: number, promised: number) =>
  new DrybootError(`the file has ${found} bytes, not the ${promised} it had`, {
    code: "FILE_CHANGED",
    where: path,
    hint: "it was changed while it was served: start again",
  });
