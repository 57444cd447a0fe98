import { readFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { DrybootError } from "../core/errors.ts";
import { storeFolder } from "../core/folders.ts";
import { isUrl } from "../images/mirrors.ts";
import { locatedNixos } from "../images/nixos/source.ts";
import { Promotions, promoted } from "../images/promotions.ts";
import { checkSite } from "./check.ts";
import { checkAlpine } from "./check-alpine.ts";
import type { FindOptions } from "./find.ts";
import { findSite } from "./find.ts";
import { mapLevels } from "./levels.ts";
import type { Mistake, PlaceOf } from "./mistake.ts";
import { siteError } from "./mistake.ts";
import { salvage } from "./salvage.ts";
import type { Site } from "./schema.ts";
import { siteSchema } from "./schema.ts";
import { mistakesOf } from "./schema-mistakes.ts";
import { parseSiteText } from "./text.ts";

export type LoadedSite = Readonly<{
  site: Site;
  /** As its file says it, whatever was promoted since. */
  written: Site;
  file: string;
  /** Where relative paths of the site begin. */
  folder: string;
}>;

export interface LoadOptions extends FindOptions {
  /** Where it is kept what was promoted for the site. */
  store?: string;
}

/** Loads a site by the name of a folder in `lab/`, or by the path of a folder or a file: TypeScript, YAML or JSON. */
export async function loadSite(nameOrPath: string, options: LoadOptions = {}): Promise<LoadedSite> {
  const { site: written, file, folder } = await loadWritten(nameOrPath, options);
  return { site: await promotedSite(written, file, options.store), written, file, folder };
}

/** The same as its file says it, whatever was promoted since: needs nothing of the store. */
export async function loadWritten(
  nameOrPath: string,
  options: FindOptions = {},
): Promise<Omit<LoadedSite, "written">> {
  const file = await findSite(nameOrPath, options);
  const shown = shownPath(file, options.cwd ?? process.cwd());
  const folder = dirname(file);
  const { value, placeOf } = await readSite(file, shown);
  return { site: locatedSite(checkedSite(value, shown, placeOf), folder), file, folder };
}

/** With the releases that `dryboot image promote` has put in place of those its file names. */
export async function promotedSite(site: Site, file: string, store = storeFolder()): Promise<Site> {
  const promotions = new Promotions(store, file);
  const said = await promotions.load();
  const images = Object.entries(site.images).map(([name, image]) => [name, promoted(image, said[name])]);
  const result = { ...site, images: Object.fromEntries(images) };
  // Another dryboot may have promoted it, which knew a release that this one does not.
  const mistakes = checkAlpine(result);
  if (mistakes.length > 0) throw siteError(promotions.path, mistakes);
  return result;
}

/** With its paths seen from anywhere. */
function locatedSite(site: Site, folder: string): Site {
  const { root } = site.tftp;
  const located = mapLevels(site, (level) =>
    level.overlay === undefined ? level : { ...level, overlay: resolve(folder, level.overlay) },
  );
  const machines = located.machines.map((machine) => ({
    ...machine,
    disks: machine.disks.map(({ file, ...disk }) =>
      file === undefined ? disk : { ...disk, file: resolve(folder, file) },
    ),
  }));
  const images = Object.entries(site.images).map(([name, image]) => [name, locatedImage(image, folder)]);
  const mirrors = Object.entries(site.mirrors).map(([name, roots]) => [
    name,
    roots.map((root) => (isUrl(root) ? root : resolve(folder, root))),
  ]);
  return {
    ...located,
    machines,
    mirrors: Object.fromEntries(mirrors),
    images: Object.fromEntries(images),
    ...(root === undefined ? {} : { tftp: { ...site.tftp, root: resolve(folder, root) } }),
  };
}

function locatedImage(image: Site["images"][string], folder: string): Site["images"][string] {
  if (image.recipe === "nixos") return { ...image, ...locatedNixos(image, folder) };
  if (image.recipe === "debian-installer" && image.preseed !== undefined)
    return { ...image, preseed: resolve(folder, image.preseed) };
  if (image.recipe !== "alpine-initramfs") return image;
  const there = (path: string | undefined) => (path === undefined ? undefined : resolve(folder, path));
  const { microcode } = image;
  return {
    ...image,
    ...{ skeleton: there(image.skeleton), setup: there(image.setup) },
    ...(microcode ? { microcode: { intel: there(microcode.intel), amd: there(microcode.amd) } } : {}),
  };
}

/** Checks a value as the site it should be; `where` names its origin in errors. */
export function checkedSite(value: unknown, where: string, placeOf?: PlaceOf): Site {
  const parsed = siteSchema.safeParse(value);
  const mistakes = parsed.success
    ? checkSite(parsed.data)
    : [...mistakesOf(parsed.error.issues, value), ...checkRest(value)];
  if (parsed.success && mistakes.length === 0) return parsed.data;
  throw siteError(where, mistakes, placeOf);
}

/** What else is wrong with a site that the schema refuses. */
function checkRest(value: unknown): Mistake[] {
  const left = salvage(value);
  return left ? checkSite(left.site, left.touched) : [];
}

async function readSite(
  file: string,
  shown: string,
): Promise<{ value: unknown; placeOf?: PlaceOf | undefined }> {
  const [, format] = /\.(json|ya?ml)$/.exec(file) ?? [];
  if (format === undefined) return { value: await importDefault(file, shown) };
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw unreadable(shown, cause);
  });
  return parseSiteText(text, format === "json" ? "json" : "yaml", shown);
}

async function importDefault(file: string, shown: string): Promise<unknown> {
  let exported: Record<string, unknown>;
  try {
    exported = await import(pathToFileURL(file).href);
  } catch (cause) {
    throw notImported(file, shown, cause);
  }
  if ("default" in exported) return exported["default"];
  throw new DrybootError("the site file exports no site", {
    code: "SITE_EMPTY",
    where: shown,
    hint: "write `export default defineSite({ ... })`, as lab/quickstart/site.ts does",
    exitCode: 2,
  });
}

/** Whatever a site file throws while it is read is its author's, not a bug of ours. */
function notImported(file: string, shown: string, cause: unknown): DrybootError {
  const line = cause instanceof Error ? lineIn(file, cause.stack ?? "") : undefined;
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined;
  if (code === "EACCES" || code === "EISDIR") return unreadable(shown, cause);
  const said = cause instanceof Error ? `${cause.name}: ${cause.message.split("\n", 1)[0]}` : String(cause);
  return new DrybootError(`the site file cannot be read: ${said}`, {
    code: cause instanceof SyntaxError ? "SITE_SYNTAX" : "SITE_FAILED",
    where: line === undefined ? shown : `${shown}:${line}`,
    hint: importHints[code ?? ""] ?? "correct the file there; it is TypeScript that Node runs as it stands",
    exitCode: 2,
    ...(cause instanceof Error ? {} : { cause }),
  });
}

const importHints: Readonly<Record<string, string>> = {
  ERR_MODULE_NOT_FOUND: "correct the path of that import; it ends in .ts",
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX:
    "write it in plain JavaScript: Node only strips types, it compiles nothing",
};

/** The first line of the file that the stack names: Node writes its path there, or its URL. */
function lineIn(file: string, stack: string): string | undefined {
  for (const name of [pathToFileURL(file).href, file]) {
    const at = stack.indexOf(`${name}:`);
    const [, line] = at === -1 ? [] : (/^(\d+)/.exec(stack.slice(at + name.length + 1)) ?? []);
    if (line !== undefined) return line;
  }
  return undefined;
}

function unreadable(shown: string, cause: unknown): DrybootError {
  return new DrybootError("the site file cannot be read", {
    code: "SITE_UNREADABLE",
    where: shown,
    hint: "check that it is a file and that this user may read it",
    exitCode: 2,
    cause,
  });
}

/** Relative while that is the shorter way to say it. */
function shownPath(file: string, cwd: string): string {
  const fromHere = relative(resolve(cwd), file);
  return fromHere.startsWith("..") ? file : fromHere;
}
