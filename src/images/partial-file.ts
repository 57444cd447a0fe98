import { readFileSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { mkdir, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { dirname } from "node:path";
import * as z from "zod";

const noteSchema = z.strictObject({
  format: z.literal(1),
  url: z.string(),
  /** What the rest is asked for with (`If-Range`): without one, nothing says that it would be the rest of the same file. */
  validator: z.string().optional(),
  /** Of this start of the kernel: what was written before another one may be zeros on disk by now. */
  boot: z.string(),
});

/** A download on its way: bytes that count for nothing yet, and a note of what they are the beginning of. */
export class PartialFile {
  readonly path: string;
  readonly #url: string;

  constructor(path: string, url: string) {
    this.path = path;
    this.#url = url;
  }

  /** How much is there, and what the rest can be asked for with; undefined when it is to be begun anew. */
  async resumable(): Promise<{ bytes: number; validator: string } | undefined> {
    try {
      const note = noteSchema.parse(JSON.parse(await readFile(this.#note, "utf8")));
      const { size } = await stat(this.path);
      if (note.url !== this.#url || note.boot !== bootId() || note.validator === undefined || size === 0)
        return undefined;
      return { bytes: size, validator: note.validator };
    } catch {
      return undefined; // none, an older format, a damaged one
    }
  }

  /** Opens it at its end, or empty. The note of what was there before goes first: it would describe other bytes. */
  async open(from: "start" | "end", headers: IncomingHttpHeaders): Promise<FileHandle> {
    if (from === "end") return await open(this.path, "a");
    await mkdir(dirname(this.path), { recursive: true });
    await rm(this.#note, { force: true });
    const handle = await open(this.path, "w");
    const validator = strongValidator(headers);
    const note: z.infer<typeof noteSchema> = {
      ...{ format: 1, url: this.#url, boot: bootId() },
      ...(validator === undefined ? {} : { validator }),
    };
    try {
      await writeFile(this.#note, JSON.stringify(note));
    } catch (error) {
      await handle.close();
      throw error;
    }
    return handle;
  }

  /** Forgets it, and its bytes where they are still there. */
  async discard(): Promise<void> {
    await rm(this.#note, { force: true });
    await rm(this.path, { force: true });
  }

  get #note(): string {
    return `${this.path}.json`;
  }
}

/**
 * RFC 9110 §13.1.5: only a strong validator says that a range is of the same bytes. A date is one when it is at least a
 * minute older than the answer (§8.8.2.2).
 */
export function strongValidator(headers: IncomingHttpHeaders): string | undefined {
  const { etag, date } = headers;
  if (etag !== undefined) return etag.startsWith('"') ? etag : undefined;
  const modified = headers["last-modified"];
  const age = Date.parse(date ?? "") - Date.parse(modified ?? "");
  return age >= 60_000 ? modified : undefined;
}

const bootId = () => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
