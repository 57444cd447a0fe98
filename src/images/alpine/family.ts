import type { ImageRecipe } from "../recipe.ts";
import type { StandinOptions } from "./standin/recipe.ts";
import { alpineStandin } from "./standin/recipe.ts";

/** What a site says of an image that is Alpine from memory. */
export type AlpineChoice = Readonly<{ recipe: "alpine"; from: "minirootfs" } & StandinOptions>;

/** The recipe of what a site chose. */
export function alpineRecipe({ branch, flavor }: AlpineChoice): ImageRecipe {
  return alpineStandin({ branch, flavor });
}
