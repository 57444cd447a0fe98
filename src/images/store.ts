import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { publishFolder, syncPath } from "../core/durable.ts";
import { DrybootError } from "../core/errors.ts";
import { tryFlock } from "../core/flock.ts";
import type { ImageContent, ImageFile, ImageManifest } from "./manifest.ts";
import { manifestDigest, manifestSchema } from "./manifest.ts";
import type { ImagePart, ImageParts } from "./recipe.ts";
import { holdersOf, isHeld, removeUnlessHeld } from "./store-holds.ts";

/** A file of an image with its place on disk; fits where something served is wanted. */
export interface OpenedFile extends ImageFile {
  path: string;
}

/** An image whose every file has just been found to be what its manifest says. */
export interface OpenedImage extends Omit<ImageManifest, "kernel" | "initrds" | "files"> {
  folder: string;
  kernel: OpenedFile;
  initrds: readonly OpenedFile[];
  files: readonly OpenedFile[];
}

/**
 * The images of one store: `images/<name>-<digest>/`, and a link `images/<name>` to the newest of each name. Reading
 * needs no lock, because a folder appears whole or not at all; whoever adds or removes holds `lockFile`.
 */
export class ImageStore {
  readonly #folder: string;

  constructor(store: string) {
    this.#folder = join(store, "images");
  }

  get lockFile(): string {
    return join(this.#folder, ".lock");
  }

  /** The names of the images that are built, whole or damaged. */
  async names(): Promise<string[]> {
    const entries = await readdir(this.#folder, { withFileTypes: true }).catch(() => []);
    return entries
      .filter((entry) => entry.isSymbolicLink())
      .map(({ name }) => name)
      .toSorted();
  }

  /** What an image says it is, without a look at its files; undefined when it is not built. */
  async manifest(name: string): Promise<ImageManifest | undefined> {
    const path = join(this.#folder, name, "manifest.json");
    let content: unknown;
    try {
      content = JSON.parse(await readFile(path, "utf8"));
    } catch (error) {
      if (error instanceof SyntaxError) throw mismatch(name, path, "its manifest has been changed");
      return undefined;
    }
    // Of another version of dryboot: as good as not built.
    if (typeof content === "object" && (content as { format?: unknown } | null)?.format !== 1)
      return undefined;
    const { data: manifest } = manifestSchema.safeParse(content);
    if (manifest !== undefined && manifest.digest === manifestDigest(manifest)) return manifest;
    throw mismatch(name, path, "its manifest has been changed");
  }

  /** Opens an image and verifies each of its files; undefined when it is not built. */
  async open(name: string): Promise<OpenedImage | undefined> {
    const manifest = await this.manifest(name);
    if (manifest === undefined) return undefined;
    // Through the link once: a build that replaces it meanwhile does not mix two images.
    const folder = join(this.#folder, await readlink(join(this.#folder, name)));
    const opened = async (file: ImageFile): Promise<OpenedFile> => {
      const path = join(folder, file.name);
      const found = await sha256OfFile(path).catch(() => "nothing");
      if (found !== file.sha256) throw mismatch(name, path, `sha256 ${found}, not ${file.sha256}`);
      return { ...file, path };
    };
    return {
      ...manifest,
      folder,
      kernel: await opened(manifest.kernel),
      initrds: await Promise.all(manifest.initrds.map(opened)),
      files: await Promise.all(manifest.files.map(opened)),
    };
  }

  /** An empty folder to build in, on the store's own disk; gone when disposed of, or with a later build. */
  async scratch(): Promise<{ path: string } & AsyncDisposable> {
    await mkdir(this.#folder, { recursive: true });
    const path = await mkdtemp(join(this.#folder, ".scratch-"));
    const handle = await open(path, "r");
    await tryFlock(handle.fd, "exclusive");
    return {
      path,
      async [Symbol.asyncDispose]() {
        await rm(path, { recursive: true, force: true });
        await handle.close();
      },
    };
  }

  /** Makes an image appear in the store under its name; what stood there under this name before stays one build longer. */
  async publish(
    made: Pick<ImageManifest, "name" | "level" | "inputs" | "recipe">,
    parts: ImageParts,
    buildSeconds?: number,
  ): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    await this.removeLeftovers();
    const temporary = await mkdtemp(join(this.#folder, ".building-"));
    await chmod(temporary, 0o755); // mkdtemp's 0700 would keep out a server that runs as another user
    try {
      const place = async (part: ImagePart) => await placePart(part, temporary);
      const content: ImageContent = {
        format: 1,
        ...made,
        kernel: await place(parts.kernel),
        initrds: await Promise.all(parts.initrds.map(place)),
        files: await Promise.all(parts.files.map(place)),
        commandLine: parts.commandLine,
      };
      const manifest: ImageManifest = {
        ...content,
        digest: manifestDigest(content),
        builtAt: new Date().toISOString(),
        ...(buildSeconds === undefined ? {} : { buildSeconds }),
      };
      const path = join(temporary, "manifest.json");
      await writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`);
      await syncPath(path);
      const folder = `${made.name}-${manifest.digest.slice(0, 12)}`;
      const final = join(this.#folder, folder);
      // The same image built again: what is whole stays, somebody may be serving it; what is damaged makes room.
      if (!(await isWhole(final, manifest))) {
        await rm(final, { recursive: true, force: true });
        await publishFolder(temporary, final);
      }
      await this.#pointTo(made.name, folder);
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  }

  /** Removes an image and all its earlier builds; false when there was none. What a process uses is refused. */
  async remove(name: string): Promise<boolean> {
    const folders = (await this.#foldersOf(name)).map((folder) => join(this.#folder, folder));
    const linked = (await this.names()).includes(name);
    for (const folder of folders) if (await isHeld(folder)) throw await inUse(name, folder);
    await rm(join(this.#folder, name), { force: true });
    for (const folder of folders) if (!(await removeUnlessHeld(folder))) throw await inUse(name, folder);
    return linked || folders.length > 0;
  }

  /** Takes away the name that leads to a build, if one does and nobody uses it. */
  async unlink(folder: string): Promise<void> {
    for (const name of await this.names()) {
      const link = join(this.#folder, name);
      if (join(this.#folder, await readlink(link)) === folder && !(await isHeld(folder))) await rm(link);
    }
  }

  /** Every build that is there: its folder, and whether the image's name leads to it. */
  async builds(): Promise<{ name: string; folder: string; newest: boolean }[]> {
    const entries = await readdir(this.#folder, { withFileTypes: true }).catch(() => []);
    const newest = await Promise.all(
      entries.flatMap((entry) =>
        entry.isSymbolicLink() ? readlink(join(this.#folder, entry.name)).catch(() => "") : [],
      ),
    );
    return entries.flatMap((entry) => {
      const [, name] = /^([a-z0-9][a-z0-9.-]*)-[0-9a-f]{12}$/.exec(entry.name) ?? [];
      if (name === undefined || !entry.isDirectory()) return [];
      return [{ name, folder: join(this.#folder, entry.name), newest: newest.includes(entry.name) }];
    });
  }

  /** Removes what a build that was killed left behind. Only under the lock: it may be another's work otherwise. */
  async removeLeftovers(): Promise<void> {
    for (const name of await readdir(this.#folder).catch(() => [])) {
      if (/^\.(building|link|removing)-/.test(name))
        await rm(join(this.#folder, name), { recursive: true, force: true });
      // Whoever builds in one holds it.
      if (name.startsWith(".scratch-")) await removeUnlessHeld(join(this.#folder, name));
    }
  }

  /** Who builds an image holds it, so that it is built once; a few names share one, so that they do not pile up. */
  buildLock(name: string): string {
    const slot = createHash("sha256").update(name).digest("hex").slice(0, 2);
    return join(this.#folder, ".locks", slot);
  }

  async #pointTo(name: string, folder: string): Promise<void> {
    const link = join(this.#folder, name);
    const before = await readlink(link).catch(() => undefined);
    const temporary = join(this.#folder, `.link-${process.pid}`);
    await symlink(folder, temporary);
    await rename(temporary, link);
    await syncPath(this.#folder);
    // The one before is kept, for whoever wants it back; of those before that, what somebody still serves.
    for (const old of await this.#foldersOf(name)) {
      if (old !== folder && old !== before) await removeUnlessHeld(join(this.#folder, old));
    }
  }

  async #foldersOf(name: string): Promise<string[]> {
    const entries = await readdir(this.#folder).catch(() => []);
    return entries.filter(
      (entry) => entry.startsWith(`${name}-`) && /^[0-9a-f]{12}$/.test(entry.slice(name.length + 1)),
    );
  }
}

/** The command line of an image whose files are served under `filesUrl`. */
export function commandLineOf(image: Pick<ImageManifest, "commandLine">, filesUrl: string): string {
  return image.commandLine.replaceAll("{files}", filesUrl.replace(/\/$/, ""));
}

/** The command that builds an image again, whatever happened to it. */
export function rebuildCommand(name: string): string {
  return `./dryboot image build ${name}`;
}

async function placePart(part: ImagePart, folder: string): Promise<ImageFile> {
  const path = join(folder, part.name);
  // COPYFILE_EXCL: two parts of one name would be a bug of the recipe.
  if ("path" in part) await copyFile(part.path, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  else await writeFile(path, part.bytes, { flag: "wx" });
  await syncPath(path);
  return { name: part.name, sha256: await sha256OfFile(path), sizeBytes: (await stat(path)).size };
}

async function isWhole(folder: string, { kernel, initrds, files }: ImageManifest): Promise<boolean> {
  const whole = async ({ name, sha256 }: ImageFile) =>
    (await sha256OfFile(join(folder, name)).catch(() => undefined)) === sha256;
  const each = await Promise.all([kernel, ...initrds, ...files].map(whole));
  return each.every((one) => one);
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function inUse(name: string, folder: string): Promise<DrybootError> {
  const pids = await holdersOf(folder);
  const who = pids.length === 0 ? "another process" : `process ${pids.join(" and ")}`;
  return new DrybootError(`the image \`${name}\` is in use by ${who}`, {
    code: "IMAGE_IN_USE",
    where: folder,
    hint: "stop that server or lab first, then run the same command again",
  });
}

function mismatch(name: string, where: string, problem: string): DrybootError {
  return new DrybootError(`the image \`${name}\` is not what was built: ${problem}`, {
    code: "IMAGE_DIGEST_MISMATCH",
    where,
    hint: `build it again: ${rebuildCommand(name)}`,
  });
}
