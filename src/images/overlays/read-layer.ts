import { constants } from "node:fs";
import { lstat, open, readdir, readlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { entryProblem, mostBytes, mostEntries, setIdBits } from "./entry-problem.ts";
import type { OverlayFile, OverlayFolder, OverlayLink } from "./overlay.ts";
import { overlayError } from "./overlay.ts";
import type { LayerSettings } from "./settings.ts";
import { parseLayerSettings, parseOwner, settingsFile } from "./settings.ts";

/** A file as it stands in a layer's folder; `template` names where, if variables are to be filled in. */
type LayerFile = Omit<OverlayFile, "content"> & Readonly<{ bytes: Uint8Array; template?: string }>;
export type LayerEntry = LayerFile | OverlayLink | OverlayFolder;

/** One folder of a site's overlays, as it is on disk. */
export type Layer = Readonly<{
  /** The place of the site file that names it. */
  name: string;
  folder: string;
  /** By path, sorted. */
  entries: readonly LayerEntry[];
  /** Folders whose permissions this layer itself says. */
  said: ReadonlySet<string>;
  /** Paths that are taken out of what the layers before it hold. */
  removed: readonly string[];
  settings: LayerSettings;
}>;

/** A file of this name takes NAME of the layers before it away, as in container images (OCI image-spec, layer.md). */
const whiteout = ".wh.";
/** Git keeps no empty folders. */
const keepsFolder = ".gitkeep";
const templateSuffix = ".tmpl";

/** Reads a layer's folder, following no link. What an overlay may not hold is refused by name. */
export async function readLayer(folder: string, name: string): Promise<Layer> {
  const settings = await readSettings(folder);
  const reading = new Reading(folder, name, settings);
  await reading.read("");
  return reading.layer();
}

async function readSettings(folder: string): Promise<LayerSettings> {
  const file = join(folder, settingsFile);
  const bytes = await readWhole(file, 256 * 1024).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return new Uint8Array();
    throw unreadable(file, cause);
  });
  return parseLayerSettings(Buffer.from(bytes).toString(), file);
}

class Reading {
  readonly #folder: string;
  readonly #name: string;
  readonly #settings: LayerSettings;
  readonly #entries = new Map<string, LayerEntry>();
  readonly #removed: string[] = [];
  #sizeBytes = 0;

  constructor(folder: string, name: string, settings: LayerSettings) {
    this.#folder = folder;
    this.#name = name;
    this.#settings = settings;
  }

  /** `below` is a folder in the layer, the empty text its root. */
  async read(below: string): Promise<void> {
    const folder = join(this.#folder, below);
    const names = await readdir(folder).catch((cause: unknown) => {
      throw unreadable(folder, cause);
    });
    for (const name of names.sort()) {
      if (name === keepsFolder || (below === "" && name === settingsFile)) continue;
      const path = below === "" ? name : `${below}/${name}`;
      if (name.startsWith(whiteout)) this.#removed.push(join(dirname(path), name.slice(whiteout.length)));
      else await this.#add(path);
    }
  }

  layer(): Layer {
    const { files, templates } = this.#settings;
    for (const path of [...Object.keys(files), ...templates]) {
      if (this.#entries.has(path)) continue;
      throw overlayError(
        `${settingsFile} speaks of ${path}, and this layer has no such file`,
        join(this.#folder, settingsFile),
        "write the path as it is on the machine: no slash in front, no .tmpl behind",
      );
    }
    return {
      name: this.#name,
      folder: this.#folder,
      entries: [...this.#entries.values()],
      said: new Set(Object.keys(files)),
      removed: this.#removed,
      settings: this.#settings,
    };
  }

  async #add(path: string): Promise<void> {
    const file = join(this.#folder, path);
    const found = await lstat(file).catch((cause: unknown) => {
      throw unreadable(file, cause);
    });
    if (found.isDirectory()) {
      this.#take({ ...this.#common(path, 0o755), kind: "folder" });
      await this.read(path);
    } else if (found.isSymbolicLink()) {
      this.#take({ ...this.#common(path, 0o777), kind: "link", target: await readlink(file) });
    } else if (found.isFile()) await this.#addFile(path, found.mode);
    else throw refused(file, "is no file, folder or link: an overlay holds nothing else");
  }

  async #addFile(source: string, modeOnDisk: number): Promise<void> {
    const file = join(this.#folder, source);
    const named = source.endsWith(templateSuffix) && basename(source) !== templateSuffix;
    const path = named ? source.slice(0, -templateSuffix.length) : source;
    if ((modeOnDisk & setIdBits) !== 0)
      throw refused(file, `is set-user-ID on this disk: say it in ${settingsFile} if it must be`);
    const bytes = await readWhole(file, mostBytes - this.#sizeBytes).catch((cause: unknown) => {
      throw unreadable(file, cause);
    });
    this.#sizeBytes += bytes.length;
    const isTemplate = named || this.#settings.templates.includes(path);
    this.#take({
      ...this.#common(path, (modeOnDisk & 0o100) === 0 ? 0o644 : 0o755),
      kind: "file",
      bytes,
      ...(isTemplate ? { template: file } : {}),
    });
  }

  #common(path: string, usual: number) {
    const { files } = this.#settings;
    const said = Object.hasOwn(files, path) ? files[path] : undefined;
    const mode = said?.mode === undefined ? usual : Number.parseInt(said.mode, 8);
    return { path, mode, ...parseOwner(said?.owner ?? "root"), layer: this.#name };
  }

  #take(entry: LayerEntry): void {
    const { path } = entry;
    const { files } = this.#settings;
    const file = join(this.#folder, path);
    const setId = Object.hasOwn(files, path) && files[path]?.setuid === true;
    const problem = entryProblem(entry.kind === "file" ? { ...entry, content: [entry.bytes] } : entry, {
      setId,
    });
    if (problem !== undefined) throw refused(file, problem);
    if (this.#entries.has(path)) throw refused(file, "is there twice, once with .tmpl behind its name");
    if (this.#entries.size >= mostEntries)
      throw refused(file, `is one entry more than the ${mostEntries} there may be`);
    this.#entries.set(path, entry);
  }
}

/** A file of at most so many bytes. Neither a link is followed nor a FIFO waited for, whatever it became meanwhile. */
async function readWhole(path: string, mostBytes: number): Promise<Uint8Array> {
  await using handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const { size } = await handle.stat();
  if (size > mostBytes) throw refused(path, `makes this more than the ${mostBytes} bytes there may be`);
  return await handle.readFile();
}

function refused(file: string, problem: string) {
  return overlayError(
    `${basename(file)} ${problem}`,
    file,
    "take it out, or change it as docs/overlays.md says",
  );
}

function unreadable(file: string, cause: unknown) {
  if (cause instanceof Error && "hint" in cause) return cause;
  return overlayError(
    "a file of an overlay cannot be read",
    file,
    "it must be there, and readable for the user that the server runs as",
    cause,
  );
}
