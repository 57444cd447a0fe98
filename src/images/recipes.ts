import { DrybootError } from "../core/errors.ts";
import { debianInstaller } from "./debian-installer.ts";
import { memtest, memtestEfi } from "./memtest.ts";
import type { ImageRecipe } from "./recipe.ts";
import { rescue, rescueArm64 } from "./rescue.ts";

/** Every image that can be built. */
export const recipes: readonly ImageRecipe[] = [rescue, rescueArm64, debianInstaller, memtest, memtestEfi];

export function recipeNamed(name: string): ImageRecipe {
  const recipe = recipes.find((one) => one.name === name);
  if (recipe !== undefined) return recipe;
  throw new DrybootError(`there is no image \`${name}\``, {
    code: "IMAGE_UNKNOWN",
    where: "images",
    hint: `one of: ${recipes.map((one) => one.name).join(", ")}`,
    exitCode: 2,
  });
}
