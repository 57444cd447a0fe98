import type { ExplainedImage, LoaderOnHost } from "../boot/explain-fetch.ts";
import { findFirmware } from "../host/firmware.ts";
import type { ListedImage } from "../images/list.ts";
import { listImages } from "../images/list.ts";
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
}>;

export async function inspectSite(name: string, signal: AbortSignal): Promise<InspectedSite> {
  const loaded = await loadSite(name);
  const resolved = resolveSite(loaded.site);
  const [store, firmware] = await Promise.all([listImages(), findFirmware({ signal })]);
  const listed = new Map<string, ListedImage>();
  const images = new Map<string, ExplainedImage>();
  for (const [image, recipe] of resolved.recipes) {
    const found = store.find((each) => each.name === recipe);
    if (found) listed.set(image, found);
    if (found?.manifest) images.set(image, found.manifest);
  }
  const loaders = Object.entries(firmware.loaders).map(
    ([file, { sizeBytes, version }]): [string, LoaderOnHost] => [file, { sizeBytes, version }],
  );
  return { loaded, resolved, listed, images, loaders: new Map(loaders) };
}
