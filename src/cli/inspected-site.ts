import type { ExplainedImage, LoaderOnHost } from "../boot/explain-fetch.ts";
import { storeFolder } from "../core/folders.ts";
import { findInFolder } from "../core/served-folder.ts";
import { IpxeBuilds } from "../images/ipxe-builds.ts";
import type { ListedImage } from "../images/list.ts";
import { listedImage } from "../images/list.ts";
import { findSiteLoaders, wantedLoaders } from "../images/loader-files.ts";
import { recipeFor } from "../images/recipes.ts";
import type { LoadedSite } from "../site/load.ts";
import { loadSite } from "../site/load.ts";
import type { ResolvedSite } from "../site/resolve.ts";
import { resolveSite } from "../site/resolve.ts";

/** A site, and what this host has of all that it names. Nothing is built, installed or verified for it. */
export type InspectedSite = Readonly<{
  loaded: LoadedSite;
  resolved: ResolvedSite;
  /** What the store has, by the image's name in the site. */
  listed: ReadonlyMap<string, ListedImage>;
  /** Of those, what can be served. */
  images: ReadonlyMap<string, ExplainedImage>;
  loaders: ReadonlyMap<string, LoaderOnHost>;
  /** Names of the user's own builds of iPXE. */
  builds: readonly string[];
}>;

export async function inspectSite(name: string, signal: AbortSignal): Promise<InspectedSite> {
  const loaded = await loadSite(name);
  const resolved = resolveSite(loaded.site);
  const listed = new Map<string, ListedImage>();
  const images = new Map<string, ExplainedImage>();
  for (const [image, choice] of resolved.choices) {
    const found = await listedImage(recipeFor(choice));
    listed.set(image, found);
    if (found.manifest) images.set(image, found.manifest);
  }
  const loaders = new Map<string, LoaderOnHost>();
  const wanted = wantedLoaders(resolved.boot);
  for (const [file, found] of await findSiteLoaders(wanted, { signal })) {
    loaders.set(file, { sizeBytes: found.sizeBytes, version: found.version });
  }
  for (const [file, found] of await loadersInRoot(resolved)) if (!loaders.has(file)) loaders.set(file, found);
  const builds = (await new IpxeBuilds(storeFolder()).list()).map((build) => build.name);
  return { loaded, resolved, listed, images, loaders, builds };
}

/** The loaders that a site names and its `tftp.root` holds. */
async function loadersInRoot({ boot, tftp: { root } }: ResolvedSite): Promise<[string, LoaderOnHost][]> {
  if (root === undefined) return [];
  const found: [string, LoaderOnHost][] = [];
  for (const file of wantedLoaders(boot).names) {
    const inRoot = await findInFolder(root, file);
    if (inRoot) found.push([file, { sizeBytes: inRoot.sizeBytes }]);
  }
  return found;
}
