import { rm } from "node:fs/promises";
import { join } from "node:path";
import { storeFolder } from "../core/folders.ts";
import { fetchPackages } from "../host/archive.ts";
import { storeFailure } from "../host/store-failure.ts";
import { lockStore } from "../host/store-lock.ts";
import type { ImageInput } from "./manifest.ts";
import type { ImageProgress } from "./progress.ts";
import type { FetchedFile, ImageRecipe } from "./recipe.ts";
import { recipeDigest } from "./recipe.ts";
import type { OpenedImage } from "./store.ts";
import { ImageStore } from "./store.ts";

export type { ImageProgress } from "./progress.ts";

export interface ImageOptions {
  store?: string;
  signal?: AbortSignal;
  onProgress?: (progress: ImageProgress) => void;
}

/** An image by its recipe, verified; built before that where it is not there, or was built by another recipe. */
export async function ensureImage(recipe: ImageRecipe, options: ImageOptions = {}): Promise<OpenedImage> {
  const opened = await new ImageStore(options.store ?? storeFolder()).open(recipe.name);
  return opened?.recipe === (await recipeDigest(recipe)) ? opened : await buildImage(recipe, options);
}

/** Builds an image, also where it is there already. `refresh`: from the newest that its archives have. */
export async function buildImage(
  recipe: ImageRecipe,
  options: ImageOptions & { refresh?: boolean } = {},
): Promise<OpenedImage> {
  const { name } = recipe;
  const { store: folder = storeFolder(), onProgress, refresh = false } = options;
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const say = (progress: ImageProgress) => onProgress?.(progress);
  const store = new ImageStore(folder);
  try {
    const packages = await fetchPackages(recipe.packages, {
      ...{ store: folder, refresh, onProgress: say, ...signal },
      ...(recipe.suite && { suite: recipe.suite }),
      ...(recipe.architecture && { architecture: recipe.architecture }),
    });
    const fetched = (await recipe.fetch?.({ store: folder, refresh, onProgress: say, ...signal })) ?? [];
    await using cleanup = new AsyncDisposableStack();
    cleanup.use(await lockStore(store.lockFile, { onWait: () => say({ step: "waiting" }), ...signal }));
    say({ step: "build" });
    const scratch = await store.scratch();
    cleanup.defer(() => rm(scratch, { recursive: true, force: true }));
    const parts = await recipe.assemble(packages, fetched, { scratch, ...signal });
    options.signal?.throwIfAborted();
    const inputs: ImageInput[] = [
      ...packages.map((one) => ({ package: one.name, version: one.version, sha256: one.sha256 })),
      ...fetched.map(inputOf),
    ];
    await store.publish({ name, level: recipe.level, inputs, recipe: await recipeDigest(recipe) }, parts);
    const opened = await store.open(name);
    if (opened !== undefined) return opened;
  } catch (error) {
    throw storeFailure(join(folder, "images"), error);
  }
  throw new Error(`the image ${name} was published and is not there`);
}

function inputOf({ url, sha256, sizeBytes, signedBy }: FetchedFile): ImageInput {
  return { url, sha256, sizeBytes, ...(signedBy === undefined ? {} : { signedBy }) };
}
