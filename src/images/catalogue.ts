import { join } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { storeFolder } from "../core/folders.ts";
import { fetchPackages } from "../host/archive.ts";
import type { FetchedPackage } from "../host/package-store.ts";
import { storeFailure } from "../host/store-failure.ts";
import { lockStore } from "../host/store-lock.ts";
import type { LockedImage } from "./images-lock.ts";
import { inputDifferences } from "./images-lock.ts";
import type { ImageInput } from "./manifest.ts";
import type { ImageProgress } from "./progress.ts";
import type { FetchedFile, ImageRecipe } from "./recipe.ts";
import { recipeDigest } from "./recipe.ts";
import type { OpenedImage } from "./store.ts";
import { ImageStore } from "./store.ts";
import { StoreHolds } from "./store-holds.ts";

export type { ImageProgress } from "./progress.ts";

export interface ImageOptions {
  store?: string;
  signal?: AbortSignal;
  onProgress?: (progress: ImageProgress) => void;
  /** What the site's lock says the image is; another is refused. */
  locked?: LockedImage | undefined;
  /** Keeps the image in the store from here on. */
  holds?: StoreHolds | undefined;
}

/** An image by its recipe, verified; built before that where it is not there, or was built by another recipe. */
export async function ensureImage(recipe: ImageRecipe, options: ImageOptions = {}): Promise<OpenedImage> {
  const store = new ImageStore(options.store ?? storeFolder());
  for (;;) {
    const opened = await store.open(recipe.name);
    const current = opened?.recipe === (await recipeDigest(recipe));
    const image = current ? opened : await buildImage(recipe, options);
    if (current) options.locked?.check(image);
    // Removed between the look at it and now: looked for, and built, again.
    if ((await options.holds?.hold([image.kernel.path])) !== false) return image;
  }
}

/**
 * Builds an image from what its recipe names now; what was made of the very same is taken as it is. `refresh`: from the
 * newest that its archives have.
 */
export async function buildImage(
  recipe: ImageRecipe,
  options: ImageOptions & { refresh?: boolean } = {},
): Promise<OpenedImage> {
  const { name } = recipe;
  const { store: folder = storeFolder(), onProgress, refresh = false } = options;
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const say = (progress: ImageProgress) => onProgress?.(progress);
  const waiting = { onWait: () => say({ step: "waiting" }), ...signal };
  const store = new ImageStore(folder);
  const begun = performance.now();
  try {
    await using _building = await lockStore(store.buildLock(name), waiting);
    const packages = await fetchPackages(recipe.packages, {
      ...{ store: folder, refresh, onProgress: say, ...signal },
      ...(recipe.suite && { suite: recipe.suite }),
      ...(recipe.architecture && { architecture: recipe.architecture }),
    });
    await using inputsHeld = new StoreHolds(folder);
    await inputsHeld.hold(packages.map(({ files }) => join(files, "all")));
    const fetched = (await recipe.fetch?.({ store: folder, refresh, onProgress: say, ...signal })) ?? [];
    const inputs: ImageInput[] = [...packages.map(inputOfPackage), ...fetched.map(inputOf)];
    options.locked?.checkInputs(inputs);
    const made = { name, level: recipe.level, inputs, recipe: await recipeDigest(recipe) };
    const opened = (await builtOf(made, store)) ?? (await assembleAndPublish());
    options.locked?.check(opened);
    return opened;

    async function assembleAndPublish(): Promise<OpenedImage> {
      say({ step: "build" });
      await using scratch = await store.scratch();
      const parts = await recipe.assemble(packages, fetched, { scratch: scratch.path, ...signal });
      options.signal?.throwIfAborted();
      await using _publishing = await lockStore(store.lockFile, waiting);
      await store.publish(made, parts, Math.round((performance.now() - begun) / 100) / 10);
      const published = await store.open(name);
      if (published === undefined) throw new Error(`the image ${name} was published and is not there`);
      return published;
    }
  } catch (error) {
    throw storeFailure(join(folder, "images"), error);
  }
}

/** The image that was made of the same by the same recipe, where it is there whole. */
async function builtOf(
  made: Pick<OpenedImage, "name" | "inputs" | "recipe">,
  store: ImageStore,
): Promise<OpenedImage | undefined> {
  try {
    const opened = await store.open(made.name);
    if (opened?.recipe !== made.recipe) return undefined;
    return inputDifferences(opened.inputs, made.inputs).length === 0 ? opened : undefined;
  } catch (error) {
    if (error instanceof DrybootError) return undefined; // damaged: built again
    throw error;
  }
}

function inputOfPackage({ name, version, sha256, sizeBytes }: FetchedPackage): ImageInput {
  return { package: name, version, sha256, sizeBytes };
}

function inputOf({ url, sha256, sha512, sizeBytes, signedBy }: FetchedFile): ImageInput {
  const more = {
    ...(sha512 === undefined ? {} : { sha512 }),
    ...(signedBy === undefined ? {} : { signedBy }),
  };
  return { url, sha256, sizeBytes, ...more };
}
