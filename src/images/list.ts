import { join } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { storeFolder } from "../core/folders.ts";
import { storeFailure } from "../host/store-failure.ts";
import { lockStore } from "../host/store-lock.ts";
import type { ImageLevel, ImageManifest } from "./manifest.ts";
import type { ImageRecipe } from "./recipe.ts";
import { recipeDigest } from "./recipe.ts";
import { recipes } from "./recipes.ts";
import type { OpenedImage } from "./store.ts";
import { ImageStore, rebuildCommand } from "./store.ts";

export interface ListedImage {
  name: string;
  level: ImageLevel;
  summary: string;
  /** `stale`: built by another recipe than today's; whoever needs it builds it again. */
  state: "absent" | "built" | "stale" | "damaged";
  manifest?: ImageManifest;
}

/** Every image that needs no options, and what the store has of it. Files are not read: `openImage` does that. */
export async function listImages(
  store = storeFolder(),
  wanted: readonly ImageRecipe[] = recipes,
): Promise<ListedImage[]> {
  return await Promise.all(wanted.map((recipe) => listedImage(recipe, store)));
}

/** What is in the store beside these: images that sites made, with options of theirs. */
export async function otherImages(
  known: readonly Pick<ListedImage, "name">[],
  store = storeFolder(),
): Promise<ListedImage[]> {
  const images = new ImageStore(store);
  const names = (await images.names()).filter((name) => !known.some((one) => one.name === name));
  const summary = "made for a site";
  const others = names.map(async (name): Promise<ListedImage | undefined> => {
    try {
      const manifest = await images.manifest(name);
      return manifest && { name, level: manifest.level, summary, state: "built", manifest };
    } catch (error) {
      if (!(error instanceof DrybootError)) throw error;
      return { name, level: 1, summary, state: "damaged" };
    }
  });
  return (await Promise.all(others)).filter((one) => one !== undefined);
}

/** What the store has of an image. */
export async function listedImage(recipe: ImageRecipe, store = storeFolder()): Promise<ListedImage> {
  const { name, level, summary } = recipe;
  try {
    const manifest = await new ImageStore(store).manifest(name);
    if (manifest === undefined) return { name, level, summary, state: "absent" };
    const state = manifest.recipe === (await recipeDigest(recipe)) ? "built" : "stale";
    return { name, level, summary, state, manifest };
  } catch (error) {
    if (!(error instanceof DrybootError)) throw error;
    return { name, level, summary, state: "damaged" };
  }
}

/** An image as it is in the store, verified; never built. */
export async function openImage(
  { name }: Pick<ImageRecipe, "name">,
  store = storeFolder(),
): Promise<OpenedImage> {
  const opened = await new ImageStore(store).open(name);
  if (opened !== undefined) return opened;
  throw new DrybootError(`the image \`${name}\` is not built`, {
    code: "IMAGE_ABSENT",
    where: join(store, "images"),
    hint: rebuildCommand(name),
  });
}

/** Removes an image from the store; false when there was none. The packages it was made from stay. */
export async function removeImage(
  name: string,
  { store = storeFolder(), signal }: { store?: string; signal?: AbortSignal } = {},
): Promise<boolean> {
  const images = new ImageStore(store);
  try {
    await using _lock = await lockStore(images.lockFile, signal === undefined ? {} : { signal });
    return await images.remove(name);
  } catch (error) {
    throw storeFailure(images.lockFile, error);
  }
}
