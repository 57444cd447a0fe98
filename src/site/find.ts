import { readdir, stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { projectFolder } from "../core/folders.ts";
import { suggest } from "../core/nearest.ts";

export interface FindOptions {
  /** Where relative paths begin. */
  cwd?: string;
  /** Holds one folder per site that can be called by its bare name. */
  lab?: string;
}

/** What a site's folder holds it in, the first that is there. */
const siteFiles = ["site.ts", "site.yaml", "site.yml", "site.json"];

/** The file of a site: a bare name is looked for in `lab/` first; everything else, and then it too, is a path. */
export async function findSite(nameOrPath: string, options: FindOptions = {}): Promise<string> {
  const { cwd = process.cwd(), lab = join(projectFolder, "lab") } = options;
  const bare = /^[A-Za-z0-9_][\w-]*$/.test(nameOrPath);
  const path = resolve(cwd, nameOrPath);
  const places = bare ? [join(lab, nameOrPath), path] : [path];
  for (const place of places) {
    const found = await siteAt(place);
    if (found !== undefined) return found;
  }
  throw bare ? await unknownSite(nameOrPath, places, lab) : notASite(nameOrPath, path);
}

/** Names of the sites in `lab/`. */
export async function listSites(lab: string = join(projectFolder, "lab")): Promise<string[]> {
  const entries = await readdir(lab, { withFileTypes: true }).catch(() => []);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const found = await Promise.all(folders.map((name) => siteAt(join(lab, name))));
  return folders.filter((_, index) => found[index] !== undefined).sort();
}

async function siteAt(path: string): Promise<string | undefined> {
  if (await isFile(path)) return /\.(ts|json|ya?ml)$/.test(path) ? path : undefined;
  for (const name of siteFiles) {
    const file = join(path, name);
    if (await isFile(file)) return file;
  }
  return undefined;
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() ?? false;
}

async function unknownSite(name: string, places: readonly string[], lab: string): Promise<DrybootError> {
  return new DrybootError(`there is no site \`${name}\``, {
    code: "SITE_UNKNOWN",
    where: `looked for ${siteFiles.join(" or ")} in ${places.map((place) => place + sep).join(" and ")}`,
    hint: suggest(name, await listSites(lab)),
    exitCode: 2,
  });
}

function notASite(given: string, path: string): DrybootError {
  return new DrybootError(`\`${given}\` is no site file and no folder with one`, {
    code: "SITE_UNKNOWN",
    where: path,
    hint: `give a .ts, .yaml or .json file, or a folder that holds ${siteFiles.join(" or ")}`,
    exitCode: 2,
  });
}
