import { join } from "node:path";
import { storeFolder } from "../core/folders.ts";
import { fetchPackages } from "../host/archive.ts";
import { storeFailure } from "../host/store-failure.ts";
import { lockStore } from "../host/store-lock.ts";
import type { ImageProgress } from "./progress.ts";
import { recipeDigest } from "./recipe.ts";
import { recipeNamed } from "./recipes.ts";
import type { OpenedImage } from "./store.ts";
import { ImageStore } from "./store.ts";

export type { ImageProgress } from "./progress.ts";

export interface ImageOptions {
  store?: string;
  signal?: AbortSignal;
  onProgress?: (progress: ImageProgress) => void;
}

/** An image of this name, verified; built before that where it is not there, or was built by another recipe. */
export async function ensureImage(name: string, options: ImageOptions = {}): Promise<OpenedImage> {
  const recipe = recipeNamed(name);
  const opened = await new ImageStore(options.store ?? storeFolder()).open(name);
  return opened?.recipe === (await recipeDigest(recipe)) ? opened : await buildImage(name, options);
}

/** Builds an image, also where it is there already. `refresh`: from the newest packages the archive has. */
export async function buildImage(
  name: string,
  options: ImageOptions & { refresh?: boolean } = {},
): Promise<OpenedImage> {
  const recipe = recipeNamed(name);
  const { store: folder = storeFolder(), onProgress, refresh = false } = options;
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const say = (progress: ImageProgress) => onProgress?.(progress);
  const store = new ImageStore(folder);
  try {
    const packages = await fetchPackages(recipe.packages, {
      store: folder,
      refresh,
      ...(recipe.architecture && { architecture: recipe.architecture }),
      onProgress: say,
      ...signal,
    });
    await using _lock = await lockStore(store.lockFile, {
      onWait: () => say({ step: "waiting" }),
      ...signal,
    });
    say({ step: "build" });
    const parts = await recipe.assemble(packages);
    options.signal?.throwIfAborted();
    const inputs = packages.map((one) => ({ package: one.name, version: one.version, sha256: one.sha256 }));
    await store.publish({ name, level: recipe.level, inputs, recipe: await recipeDigest(recipe) }, parts);
    const opened = await store.open(name);
    if (opened !== undefined) return opened;
  } catch (error) {
    throw storeFailure(join(folder, "images"), error);
  }
  throw new Error(`the image ${name} was published and is not there`);
}
