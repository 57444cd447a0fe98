import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { ServedFile } from "../core/served-file.ts";
import { openServed } from "../core/served-file.ts";

/** Copies a file that was found in a folder: the one that was found, whatever has its name by now. */
export async function copyInto(
  path: string,
  file: Extract<ServedFile, { path: string }>,
  signal?: AbortSignal,
): Promise<void> {
  await using from = await openServed(file);
  const bytes = from.createReadStream({ autoClose: false });
  await pipeline(bytes, createWriteStream(path), signal === undefined ? {} : { signal });
}
