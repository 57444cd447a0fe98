import { join } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { storeFolder } from "../core/folders.ts";
import type { ArchiveProgress, FetchOptions } from "../host/archive.ts";
import { fetchPackages } from "../host/archive.ts";
import { storeFailure } from "../host/store-failure.ts";
import { lockStore } from "../host/store-lock.ts";
import { debianInstaller } from "./debian-installer.ts";
import type { ImageManifest } from "./manifest.ts";
import type { ImageRecipe } from "./recipe.ts";
import { recipeDigest } from "./recipe.ts";
import { rescue } from "./rescue.ts";
import type { OpenedImage } from "./store.ts";
import { ImageStore } from "./store.ts";

/** Every image that can be built. */
export const recipes: readonly ImageRecipe[] = [rescue, debianInstaller];

export type ImageProgress = ArchiveProgress | { step: "build" };

export interface ImageOptions {
  store?: string;
  signal?: AbortSignal;
  onProgress?: (progress: ImageProgress) => void;
}

/** An image of this name, verified, and built before that where it is not there or was built by another recipe. */
export async function ensureImage(name: string, options: ImageOptions = {}): Promise<OpenedImage> {
  const recipe = recipeNamed(name);
  const store = new ImageStore(options.store ?? storeFolder());
  const opened = await store.open(name);
  return opened?.recipe === (await recipeDigest(recipe)) ? opened : await buildImage(name, options);
}

/** Builds an image, also where it is there already. `refresh` asks the archive for newer packages first. */
export async function buildImage(
  name: string,
  options: ImageOptions & Pick<FetchOptions, "refresh"> = {},
): Promise<OpenedImage> {
  const recipe = recipeNamed(name);
  const root = options.store ?? storeFolder();
  const store = new ImageStore(root);
  const waited = options.signal === undefined ? {} : { signal: options.signal };
  try {
    const packages = await fetchPackages(recipe.packages, { ...options, store: root });
    await using _lock = await lockStore(store.lockFile, {
      ...waited,
      onWait: () => options.onProgress?.({ step: "waiting" }),
    });
    options.onProgress?.({ step: "build" });
    const parts = await recipe.assemble(packages);
    options.signal?.throwIfAborted();
    const inputs = packages.map((one) => ({ package: one.name, version: one.version, sha256: one.sha256 }));
    await store.publish({ name, level: recipe.level, inputs, recipe: await recipeDigest(recipe) }, parts);
    const opened = await store.open(name);
    if (opened !== undefined) return opened;
  } catch (error) {
    throw storeFailure(join(root, "images"), error);
  }
  throw new Error(`${name} was published and is not there`);
}

export interface ListedImage {
  name: string;
  level: number;
  summary: string;
  /** `stale`: built by another recipe than today's; the next `ensureImage` builds it again. */
  state: "absent" | "built" | "stale" | "damaged";
  manifest?: ImageManifest;
}

/** Every image there is a recipe for, and what the store has of it. Files are not read: see `ImageStore.open`. */
export async function listImages(store = storeFolder()): Promise<ListedImage[]> {
  const images = new ImageStore(store);
  return await Promise.all(
    recipes.map(async (recipe): Promise<ListedImage> => {
      const { name, level, summary } = recipe;
      try {
        const manifest = await images.manifest(name);
        if (manifest === undefined) return { name, level, summary, state: "absent" };
        const state = manifest.recipe === (await recipeDigest(recipe)) ? "built" : "stale";
        return { name, level, summary, state, manifest };
      } catch (error) {
        if (!(error instanceof DrybootError)) throw error;
        return { name, level, summary, state: "damaged" };
      }
    }),
  );
}

/** An image as it is in the store, verified; never built. */
export async function openImage(name: string, store = storeFolder()): Promise<OpenedImage> {
  recipeNamed(name);
  const opened = await new ImageStore(store).open(name);
  if (opened !== undefined) return opened;
  throw new DrybootError(`the image \`${name}\` is not built`, {
    code: "IMAGE_ABSENT",
    where: join(store, "images"),
    hint: `./dryboot image build ${name}`,
  });
}

/** Removes an image from the store; false when there was none. The packages it was made from stay. */
export async function removeImage(name: string, options: ImageOptions = {}): Promise<boolean> {
  recipeNamed(name);
  const store = new ImageStore(options.store ?? storeFolder());
  await using _lock = await lockStore(store.lockFile, options.signal ? { signal: options.signal } : {});
  return await store.remove(name);
}

function recipeNamed(name: string): ImageRecipe {
  const recipe = recipes.find((one) => one.name === name);
  if (recipe !== undefined) return recipe;
  throw new DrybootError(`there is no image \`${name}\``, {
    code: "IMAGE_UNKNOWN",
    where: "images",
    hint: `one of: ${recipes.map((one) => one.name).join(", ")}`,
    exitCode: 2,
  });
}
