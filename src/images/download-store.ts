import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import * as z from "zod";
import { syncPath, writeDurably } from "../core/durable.ts";
import { PartialFile } from "./partial-file.ts";

const hex = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`));

/** What is remembered of a URL: what it held when it was last asked. */
const recordSchema = z.strictObject({
  format: z.literal(1),
  url: z.string(),
  sha256: hex(64),
  sha512: hex(128),
  sizeBytes: z.int().min(0),
  etag: z.string().optional(),
  fetchedAt: z.iso.datetime(),
});

export type Digests = Readonly<{ sha256: string; sha512: string; sizeBytes: number }>;
export type Remembered = Digests & Readonly<{ path: string; etag?: string | undefined }>;

/**
 * What was downloaded: `downloads/SHA256`, which a file has only when it is whole. Beside them `records/` says which URL
 * held what, `partial/` is what is on its way, and `quarantine/` of the store what came and was not what it should be.
 */
export class DownloadStore {
  readonly folder: string;
  readonly #quarantine: string;

  constructor(store: string) {
    this.folder = join(store, "downloads");
    this.#quarantine = join(store, "quarantine");
  }

  /** Who fetches a URL holds its lock: a few of them share one, so that they do not pile up. */
  lockFile(url: string): string {
    return join(this.folder, "locks", keyOf(url).slice(0, 2));
  }

  partial(url: string): PartialFile {
    return new PartialFile(join(this.folder, "partial", keyOf(url)), url);
  }

  /** The path of a file of this digest, read again to be sure; undefined when it is not there or damaged. */
  async find(sha256: string): Promise<(Digests & { path: string }) | undefined> {
    const path = join(this.folder, sha256);
    const found = await digestsOf(path).catch(() => undefined);
    if (found === undefined) return undefined;
    if (found.sha256 === sha256) {
      const now = new Date();
      await utimes(path, now, now).catch(() => {}); // it was used: that keeps it from being collected
      return { ...found, path };
    }
    await rm(path, { force: true }); // a disk forgot something
    return undefined;
  }

  /** What a URL held when it was last asked, if that is still here. */
  async remembered(url: string): Promise<Remembered | undefined> {
    try {
      const record = recordSchema.parse(JSON.parse(await readFile(this.#recordOf(url), "utf8")));
      const found = record.url === url ? await this.find(record.sha256) : undefined;
      return found && { ...found, etag: record.etag };
    } catch {
      return undefined; // none, an older format, a damaged one
    }
  }

  /** Takes over a file whose digests are these: whole under its name, or not there. */
  async take(file: string, { sha256 }: Digests): Promise<string> {
    const path = join(this.folder, sha256);
    await syncPath(file);
    await rename(file, path);
    await syncPath(this.folder);
    return path;
  }

  async remember(url: string, digests: Digests, etag: string | undefined): Promise<void> {
    const record: z.infer<typeof recordSchema> = {
      ...{ format: 1, url, ...digests },
      ...(etag === undefined ? {} : { etag }),
      fetchedAt: new Date().toISOString(),
    };
    await writeDurably(this.#recordOf(url), `${JSON.stringify(record, null, 2)}\n`);
  }

  /** Puts a file aside that is not what it should be, with a note of why: somebody may want to know what it is. */
  async quarantine(file: string, about: { url: string; problem: string }): Promise<string> {
    await mkdir(this.#quarantine, { recursive: true });
    const at = new Date().toISOString();
    const name = basename(about.url.replace(/[?#].*/, "")).replaceAll(/[^A-Za-z0-9._-]/g, "_");
    const path = join(
      this.#quarantine,
      `${at.replaceAll(/[-:.]/g, "")}-${keyOf(about.url).slice(0, 8)}-${name}`,
    );
    await writeDurably(`${path}.json`, `${JSON.stringify({ at, ...about }, null, 2)}\n`);
    await rename(file, path);
    return path;
  }

  #recordOf(url: string): string {
    return join(this.folder, "records", `${keyOf(url)}.json`);
  }
}

/** Both digests of a file, in one reading. */
export async function digestsOf(path: string): Promise<Digests> {
  const [sha256, sha512] = [createHash("sha256"), createHash("sha512")];
  const { size } = await stat(path);
  await pipeline(createReadStream(path), async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      sha256.update(chunk);
      sha512.update(chunk);
    }
    yield* [];
  });
  return { sha256: sha256.digest("hex"), sha512: sha512.digest("hex"), sizeBytes: size };
}

const keyOf = (url: string) => createHash("sha256").update(url).digest("hex");
