import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { digestsOf } from "./download-store.ts";
import { PartialFile } from "./partial-file.ts";

const noteSchema = z.strictObject({
  format: z.literal(1),
  path: z.string(),
  url: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().min(0),
  etag: z.string().optional(),
  /** When a mirror last said that this is what it has. */
  checkedMs: z.number(),
});

export type CachedFile = Readonly<{
  path: string;
  url: string;
  sha256: string;
  sizeBytes: number;
  etag?: string | undefined;
  checkedMs: number;
}>;

/**
 * The files of one mirror that machines have asked for. All lie in one folder, named by a digest of their path: what a
 * client asks for is never a path of ours. A file counts only once its note is there.
 */
export class MirrorCache {
  readonly #folder: string;
  readonly #most: { bytes: number; files: number };

  constructor(folder: string, most: { bytes: number; files: number }) {
    this.#folder = folder;
    this.#most = most;
  }

  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
  }

  partial(path: string, url: string): PartialFile {
    return new PartialFile(join(this.#folder, `${keyOf(`${url} ${path}`)}.part`), url);
  }

  async find(path: string): Promise<CachedFile | undefined> {
    const file = this.#fileOf(path);
    try {
      const note = noteSchema.parse(JSON.parse(await readFile(`${file}.json`, "utf8")));
      const { size, mtimeMs } = await stat(file);
      if (note.path !== path || size !== note.sizeBytes) return undefined;
      const now = new Date();
      // The longest unused go first. Not each time: with another time it is another file to who keeps it in memory.
      if (now.getTime() - mtimeMs > 3_600_000) await utimes(file, now, now).catch(() => {});
      return { ...note, path: file };
    } catch {
      return undefined; // none, an older format, a damaged one: fetched again
    }
  }

  /** Takes over a whole file; the note last, so that a file and a note never are of two versions for long. */
  async take(
    path: string,
    from: string,
    about: { url: string; etag: string | undefined },
  ): Promise<CachedFile> {
    const { sha256, sizeBytes } = await digestsOf(from);
    const file = this.#fileOf(path);
    await rm(`${file}.json`, { force: true });
    await rename(from, file);
    const { url, etag } = about;
    const cached = { url, sha256, sizeBytes, ...(etag === undefined ? {} : { etag }), checkedMs: Date.now() };
    await this.#write(file, path, cached);
    await this.#makeRoom(file);
    return { ...cached, path: file };
  }

  /** It is still the same on the mirror. */
  async confirm(path: string, cached: CachedFile): Promise<CachedFile> {
    const confirmed = { ...cached, checkedMs: Date.now() };
    await this.#write(cached.path, path, confirmed);
    return confirmed;
  }

  async #write(
    file: string,
    path: string,
    { url, sha256, sizeBytes, etag, checkedMs }: Omit<CachedFile, "path">,
  ) {
    const note: z.infer<typeof noteSchema> = {
      ...{ format: 1, path, url, sha256, sizeBytes, checkedMs },
      ...(etag === undefined ? {} : { etag }),
    };
    const temporary = `${file}.json.${process.pid}.new`;
    await writeFile(temporary, JSON.stringify(note));
    await rename(temporary, `${file}.json`);
  }

  async #makeRoom(newest: string): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => /^[0-9a-f]{64}$/.test(name));
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(this.#folder, name);
        const { size, mtimeMs } = await stat(path).catch(() => ({ size: 0, mtimeMs: 0 }));
        return { path, size, mtimeMs };
      }),
    );
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    let count = files.length;
    for (const { path, size } of files.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (bytes <= this.#most.bytes && count <= this.#most.files) return;
      if (path === newest) continue;
      await rm(`${path}.json`, { force: true });
      await rm(path, { force: true }); // whoever is being sent it has it open
      bytes -= size;
      count -= 1;
    }
  }

  #fileOf(path: string): string {
    return join(this.#folder, keyOf(path));
  }
}

const keyOf = (text: string) => createHash("sha256").update(text).digest("hex");
