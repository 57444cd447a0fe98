import { suggest } from "../core/nearest.ts";
import type { ImageRecipe } from "../images/recipe.ts";
import { recipeFor, recipeNamed, recipes } from "../images/recipes.ts";
import { loadSite } from "../site/load.ts";
import { usageError } from "./flags.ts";

/** What the actions of `dryboot image` are told besides names. */
export interface ImageFlags {
  json: boolean;
  refresh: boolean;
  dryRun: boolean;
  olderThan: string;
  site?: string | undefined;
  lock?: string | undefined;
}

/** An image by the name it was asked by: the site's, or its recipe's. */
export interface WantedImage {
  name: string;
  recipe: ImageRecipe;
}

/** The images that names mean, in a site or among those that need no options; all of them known, before anything is done. */
export async function wantedImages(
  names: readonly string[],
  site: string | undefined,
): Promise<readonly WantedImage[]> {
  if (site === undefined) {
    const chosen = names.length > 0 ? names.map(recipeNamed) : recipes;
    return chosen.map((recipe) => ({ name: recipe.name, recipe }));
  }
  const { images } = (await loadSite(site)).site;
  const unknown = names.find((name) => !Object.hasOwn(images, name));
  if (unknown !== undefined) {
    throw usageError(
      `the site has no image \`${unknown}\``,
      `--site ${site}`,
      suggest(unknown, Object.keys(images)),
    );
  }
  const chosen = names.length > 0 ? names : Object.keys(images);
  return chosen.flatMap((name) => (images[name] ? [{ name, recipe: recipeFor(images[name]) }] : []));
}
