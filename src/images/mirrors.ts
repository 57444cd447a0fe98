import { resolve } from "node:path";

/** Alpine's own, of which every other is a copy. */
const alpinePublic = "https://dl-cdn.alpinelinux.org/alpine";

/**
 * Where Alpine's files come from, to be tried in order: `$DRYBOOT_ALPINE_MIRROR`, folders or URLs with commas between them,
 * each the root of a mirror; else Alpine's own. Folders are absolute.
 */
export function alpineMirrors(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const given = (env["DRYBOOT_ALPINE_MIRROR"] ?? "").split(",").flatMap((one) => one.trim() || []);
  if (given.length === 0) return [alpinePublic];
  return given.map((one) => (isUrl(one) ? one.replace(/\/+$/, "") : resolve(one)));
}

/** The mirrors that are folders here, the first of each kind, by the names under which machines find them. */
export function mirrorsHere(env: NodeJS.ProcessEnv = process.env): [name: string, folder: string][] {
  const folder = alpineMirrors(env).find((one) => !isUrl(one));
  return folder === undefined ? [] : [["alpine", folder]];
}

/**
 * The mirrors that machines of a site reach, by the names they find them under: what the site says, and Alpine's where the
 * setting or an image asks for them.
 */
export function mirrorsOf(
  site: Readonly<{
    mirrors: Readonly<Record<string, readonly string[]>>;
    images: Readonly<Record<string, Readonly<{ recipe: string }>>>;
  }>,
  env: NodeJS.ProcessEnv = process.env,
): [name: string, roots: readonly string[]][] {
  const bootsAlpine = Object.values(site.images).some(({ recipe }) => recipe.startsWith("alpine"));
  const alpine = bootsAlpine || env["DRYBOOT_ALPINE_MIRROR"] ? { alpine: alpineMirrors(env) } : {};
  return Object.entries({ ...alpine, ...site.mirrors });
}

export function isUrl(mirror: string): boolean {
  return /^https?:\/\//.test(mirror);
}
