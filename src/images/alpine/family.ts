import type { ImageRecipe } from "../recipe.ts";
import type { MinirootfsBranch } from "./minirootfs.ts";
import { minirootfsBranches, minirootfsReleases } from "./minirootfs.ts";
import type { NetbootOptions } from "./netboot/recipe.ts";
import { alpineNetboot } from "./netboot/recipe.ts";
import { alpineStandin } from "./standin/recipe.ts";

/** What a site says of an image that is Alpine from memory. */
export type AlpineChoice = Readonly<{ recipe: "alpine"; from: "netboot" | "minirootfs" } & NetbootOptions>;

/** The recipe of what a site chose, which `alpineProblem` finds nothing wrong with. */
export function alpineRecipe({ from, branch, version, flavor, arch }: AlpineChoice): ImageRecipe {
  if (from === "netboot") return alpineNetboot({ branch, version, flavor, arch });
  if (!isMinirootfsBranch(branch)) throw new Error(`there is no minirootfs of ${branch}`);
  return alpineStandin({ branch, flavor });
}

/** What no single word shows: whether there is such an image. */
export function alpineProblem(choice: AlpineChoice): { key: keyof AlpineChoice; says: string } | undefined {
  const { from, branch, version, arch } = choice;
  if (version !== undefined && !version.startsWith(`${branch.slice(1)}.`))
    return { key: "version", says: `is ${version}: expected one of ${branch}` };
  if (from === "netboot") return undefined;
  if (!isMinirootfsBranch(branch))
    return { key: "branch", says: `is ${branch}: the stand-in is made of ${minirootfsBranches.join(", ")}` };
  const { version: known } = minirootfsReleases[branch];
  if (version !== undefined && version !== known)
    return { key: "version", says: `is ${version}: the stand-in of ${branch} is made of ${known}` };
  if (arch !== "x86_64") return { key: "arch", says: `is ${arch}: the stand-in is made for x86_64` };
  return undefined;
}

function isMinirootfsBranch(branch: string): branch is MinirootfsBranch {
  return Object.hasOwn(minirootfsReleases, branch);
}
