import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import * as z from "zod";
import { run } from "../core/child.ts";
import { publishFolder, syncPath, writeDurably } from "../core/durable.ts";
import { DrybootError } from "../core/errors.ts";
import { aptFailure } from "./apt-failures.ts";
import type { Architecture, Suite } from "./apt-sources.ts";

/** A package of Debian in the store: the file as the archive signed it, and what it holds. */
export interface FetchedPackage {
  name: string;
  version: string;
  suite: Suite;
  architecture: string;
  /** Of the `.deb`, as the signed index has it; lower-case hex. */
  sha256: string;
  sizeBytes: number;
  /** Path of the `.deb`. */
  deb: string;
  /** Folder the package is unpacked in. */
  files: string;
}

/** What is written down about a package: its paths are relative to the store, which may be moved. */
const packageRecord = z.object({
  format: z.literal(1),
  name: z.string(),
  version: z.string(),
  suite: z.enum(["bookworm", "trixie", "sid"]),
  architecture: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int(),
  deb: z.string(),
  files: z.string(),
});

/** The name of what the store keeps for one release and architecture. */
export function branchName(suite: Suite, architecture: Architecture): string {
  return architecture === "amd64" ? suite : `${suite}-${architecture}`;
}

/** The packages of one release and architecture in the store. Whoever adds to it holds its lock. */
export class PackageStore {
  readonly #store: string;
  readonly #suite: Suite;
  readonly #folder: string;

  constructor(store: string, suite: Suite, architecture: Architecture = "amd64") {
    this.#store = store;
    this.#suite = suite;
    this.#folder = join(store, "packages", branchName(suite, architecture));
  }

  /** What an earlier call fetched for this name; undefined when there is nothing, or not all of it any more. */
  async find(name: string): Promise<FetchedPackage | undefined> {
    try {
      const record = packageRecord.parse(JSON.parse(await readFile(this.#recordOf(name), "utf8")));
      const { format: _, ...found } = record;
      const deb = join(this.#store, record.deb);
      const files = join(this.#store, record.files);
      const complete = (await stat(deb)).size === record.sizeBytes && (await stat(files)).isDirectory();
      return complete ? { ...found, deb, files } : undefined;
    } catch {
      return undefined; // no record, an older format, a damaged one: fetched again
    }
  }

  /** Takes over a downloaded `.deb`, checks it once more, unpacks it, and remembers it under the name it was asked by. */
  async add(
    askedFor: string,
    file: string,
    expected: Omit<FetchedPackage, "deb" | "files" | "suite">,
    signal?: AbortSignal,
  ): Promise<FetchedPackage> {
    const sha256 = await sha256OfFile(file);
    if (sha256 !== expected.sha256) {
      await rm(file, { force: true });
      throw new DrybootError(`the download of ${expected.name} is damaged`, {
        code: "ARCHIVE_DIGEST",
        where: file,
        hint: "it has been deleted; run the same command again",
      });
    }
    const label = `${expected.name}_${expected.version.replaceAll(":", "%3a")}_${expected.architecture}`;
    const deb = join(this.#folder, `${label}.deb`);
    const files = join(this.#folder, label);
    await mkdir(this.#folder, { recursive: true });
    await syncPath(file);
    await rename(file, deb);
    if (!(await isFolder(files))) await this.#unpack(deb, files, signal);
    const found: FetchedPackage = { ...expected, suite: this.#suite, deb, files };
    const record: z.infer<typeof packageRecord> = {
      format: 1,
      ...found,
      deb: relative(this.#store, deb),
      files: relative(this.#store, files),
    };
    await writeDurably(this.#recordOf(askedFor), `${JSON.stringify(record, null, 2)}\n`);
    return found;
  }

  /** Removes what a process that was killed left half unpacked. */
  async removeLeftovers(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (name.startsWith(".")) await rm(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  #recordOf(name: string): string {
    return join(this.#folder, `${name}.json`);
  }

  async #unpack(deb: string, files: string, signal: AbortSignal | undefined): Promise<void> {
    const temporary = await mkdtemp(join(this.#folder, ".unpacking-"));
    try {
      await run("dpkg-deb", ["--extract", deb, temporary], signal === undefined ? {} : { signal });
      await chmod(temporary, 0o755);
      // One syncfs(2) instead of an fsync(2) for each of a kernel's thousands of modules.
      await run("sync", ["--file-system", temporary]);
      await publishFolder(temporary, files);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      if (error instanceof DrybootError) throw aptFailure(error.message, files, error);
      throw error;
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
