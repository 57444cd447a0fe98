import { posix } from "node:path";
import { printable } from "../../core/printable.ts";
import { entryProblem, mostBytes, mostEntries } from "./entry-problem.ts";
import type { OverlayEntry, OverlayTree } from "./overlay.ts";
import { overlayError, sizeOf } from "./overlay.ts";
import type { Layer } from "./read-layer.ts";
import { packageWord } from "./settings.ts";

/** A layer as it is for one machine: its templates are filled in. */
export type RenderedLayer = Omit<Layer, "entries"> & Readonly<{ entries: readonly OverlayEntry[] }>;

export const worldPath = "etc/apk/world";
const keysPath = "root/.ssh/authorized_keys";
/** Alpine's init reads it, starts what it starts without an overlay, and removes it. */
const defaultServicesPath = "etc/.default_boot_services";
/** Folders that are not 0755 on a machine: unpacking an overlay would make them so. */
const usualModes: Readonly<Record<string, number>> = {
  root: 0o700,
  "root/.ssh": 0o700,
  tmp: 0o1777,
  "var/tmp": 0o1777,
};

/** What several layers come to: files of later ones replace those of earlier ones, folders are joined. */
export function mergeLayers(layers: readonly RenderedLayer[]): OverlayTree {
  const merging = new Merging();
  for (const layer of layers) merging.add(layer);
  return merging.tree();
}

class Merging {
  readonly #tree = new Map<string, OverlayEntry>();
  readonly #world = new Set<string>();
  readonly #keys = new Set<string>();
  #defaultServices: { wanted: boolean; layer: string } = { wanted: true, layer: "dryboot" };

  add({ name: layer, entries, said, removed, settings }: RenderedLayer): void {
    for (const path of removed) {
      this.#remove(path);
      if (isWithin(worldPath, path)) this.#world.clear();
      if (isWithin(keysPath, path)) this.#keys.clear();
    }
    for (const entry of entries) this.#put(entry, said.has(entry.path));
    for (const [level, services] of Object.entries(settings.services)) {
      for (const service of services) {
        const path = `etc/runlevels/${level}/${service}`;
        this.#put({ ...madeBy(layer), path, mode: 0o777, kind: "link", target: `/etc/init.d/${service}` });
      }
    }
    for (const word of [...settings.packages, ...wordsIn(entries)]) this.#world.add(word);
    for (const key of [...settings.sshKeys, ...linesIn(entries, keysPath)]) this.#keys.add(key);
    if (settings.packages.length > 0) this.#putText(worldPath, this.#world, layer);
    if (settings.sshKeys.length > 0) this.#putText(keysPath, this.#keys, layer);
    if (settings.defaultServices !== undefined) {
      this.#defaultServices = { wanted: settings.defaultServices, layer };
    }
  }

  tree(): OverlayTree {
    const { wanted, layer } = this.#defaultServices;
    const world = this.#tree.get(worldPath);
    if (world) this.#putText(worldPath, this.#world.add("alpine-base"), world.layer);
    const keys = this.#tree.get(keysPath);
    if (keys) this.#putText(keysPath, this.#keys, keys.layer);
    if (wanted) this.#putText(defaultServicesPath, new Set(), layer);
    const sorted = [...this.#tree.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
    checkSizes(sorted);
    checkNames(sorted);
    return new Map(sorted.map((entry) => [entry.path, entry]));
  }

  #put(entry: OverlayEntry, modeIsSaid = false): void {
    const { path, kind, layer } = entry;
    const before = this.#tree.get(path);
    this.#reach(posix.dirname(path), layer);
    if (kind === "folder" && before?.kind === "folder" && !modeIsSaid) return;
    if (kind !== "folder") this.#remove(path);
    const usual = kind === "folder" && !modeIsSaid ? (usualModes[path] ?? entry.mode) : entry.mode;
    this.#tree.set(path, { ...entry, mode: usual });
  }

  /** One line each, sorted: their order means nothing, and the same set is the same file. */
  #putText(path: string, lines: ReadonlySet<string>, layer: string): void {
    const before = this.#tree.get(path);
    const bytes = Buffer.from(
      [...lines]
        .sort()
        .map((line) => `${line}\n`)
        .join(""),
    );
    const mode = before?.mode ?? (path === keysPath ? 0o600 : 0o644);
    this.#put({ ...madeBy(layer), path, mode, kind: "file", content: [bytes] });
  }

  /** Every folder above a path; what was a file or a link there is none any more, so that nothing is written through it. */
  #reach(folder: string, layer: string): void {
    if (folder === "." || folder === "/") return;
    this.#reach(posix.dirname(folder), layer);
    if (this.#tree.get(folder)?.kind === "folder") return;
    this.#tree.set(folder, {
      ...madeBy(layer),
      path: folder,
      mode: usualModes[folder] ?? 0o755,
      kind: "folder",
    });
  }

  #remove(path: string): void {
    for (const known of [...this.#tree.keys()]) if (isWithin(known, path)) this.#tree.delete(known);
  }
}

const madeBy = (layer: string) => ({ uid: 0, gid: 0, layer });
const isWithin = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

/** The packages of a layer that has a `world` of its own. */
function wordsIn(entries: readonly OverlayEntry[]): string[] {
  const words = linesIn(entries, worldPath).flatMap((line) => line.split(/\s+/));
  const wrong = words.find((word) => !packageWord.test(word));
  if (wrong === undefined) return words;
  const layer = entries.find(({ path }) => path === worldPath)?.layer ?? "";
  throw overlayError(
    `${worldPath} holds ${JSON.stringify(printable(wrong, 60))}, which is no package`,
    layer,
    "write packages there as apk does, such as openssh or vim>9",
  );
}

/** A secret has no place in lists that are joined. */
function linesIn(entries: readonly OverlayEntry[], path: string): string[] {
  const entry = entries.find((each) => each.path === path);
  if (entry?.kind !== "file") return [];
  return entry.content.flatMap((piece) => {
    if ("secret" in piece) {
      throw overlayError(
        `${path} holds a secret, and it is joined from all layers`,
        `${entry.layer}: ${path}`,
        "packages and public keys are no secrets: write them out",
      );
    }
    return Buffer.from(piece)
      .toString()
      .split("\n")
      .flatMap((line) => line.trim() || []);
  });
}

/** What single layers may hold, all together may not. */
function checkSizes(entries: readonly OverlayEntry[]): void {
  const sizeBytes = entries.reduce((sum, entry) => sum + (entry.kind === "file" ? sizeOf(entry) : 0), 0);
  const [first] = entries;
  if (!first || (entries.length <= mostEntries && sizeBytes <= mostBytes)) return;
  throw overlayError(
    `the layers come to ${entries.length} entries and ${sizeBytes} bytes`,
    first.layer,
    `an overlay may have ${mostEntries} and ${mostBytes}: put what is large into the image`,
  );
}

/** Of what was made here: a service's link, a folder above a file. */
function checkNames(entries: readonly OverlayEntry[]): void {
  for (const entry of entries) {
    const problem = entryProblem(entry, { setId: true }); // who asked for it was asked in the layer
    if (problem !== undefined)
      throw overlayError(`${entry.path} ${problem}`, entry.layer, "change it in that layer");
  }
}
