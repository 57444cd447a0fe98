import { DrybootError } from "../core/errors.ts";
import type { AlpineChoice } from "./alpine/family.ts";
import { alpineRecipe } from "./alpine/family.ts";
import type { AlpineInitramfsOptions } from "./alpine/initramfs/options.ts";
import { alpineInitramfs } from "./alpine/initramfs/recipe.ts";
import type { DebianInstallerOptions } from "./debian/installer.ts";
import { debianInstaller } from "./debian/installer.ts";
import type { DebianLiveOptions } from "./debian/live.ts";
import { debianLive } from "./debian/live.ts";
import { memtest, memtestEfi } from "./memtest.ts";
import { nixos } from "./nixos/nixos.ts";
import type { NixosChoice } from "./nixos/source.ts";
import { nixosNamed } from "./nixos/source.ts";
import type { Stage1 } from "./nixos/standin.ts";
import { nixosStandin } from "./nixos/standin.ts";
import type { ImageRecipe } from "./recipe.ts";
import { rescue, rescueArm64 } from "./rescue.ts";

type PlainChoice = Readonly<{
  recipe: "rescue" | "rescue-arm64" | "memtest" | "memtest-efi";
}>;

type DebianInstallerChoice = Readonly<{ recipe: "debian-installer" } & DebianInstallerOptions>;

type DebianLiveChoice = Readonly<{ recipe: "debian-live" } & DebianLiveOptions>;

type NixosStandinChoice = Readonly<{ recipe: "nixos-standin"; stage1: Stage1 }>;

type AlpineInitramfsChoice = Readonly<{ recipe: "alpine-initramfs" }> & AlpineInitramfsOptions;

/** What a site says about how one of its images is made: one variant for each kind, as in the site's schema. */
export type ImageChoice =
  | PlainChoice
  | DebianInstallerChoice
  | DebianLiveChoice
  | NixosChoice
  | NixosStandinChoice
  | AlpineChoice
  | AlpineInitramfsChoice;

/** What a site file may call a recipe. */
export type RecipeName = ImageChoice["recipe"];

/** The recipe of an image of a site; what two images of the same options share. */
export function recipeFor(choice: ImageChoice): ImageRecipe {
  switch (choice.recipe) {
    case "rescue":
      return rescue;
    case "rescue-arm64":
      return rescueArm64;
    case "debian-installer":
      return debianInstaller(choice);
    case "debian-live":
      return debianLive(choice);
    case "memtest":
      return memtest;
    case "memtest-efi":
      return memtestEfi;
    case "nixos":
      return nixos(choice);
    case "nixos-standin":
      return nixosStandin(choice.stage1);
    case "alpine":
      return alpineRecipe(choice);
    case "alpine-initramfs":
      return alpineInitramfs(choice);
  }
}

/** Every image that can be built without a word more. */
export const recipes: readonly ImageRecipe[] = [
  rescue,
  rescueArm64,
  debianInstaller(),
  memtest,
  memtestEfi,
  nixosStandin("systemd"),
  debianLive(),
];

/** What the images of a site are called in the store. */
export function recipeNamesOf({ images }: { images: Readonly<Record<string, ImageChoice>> }): string[] {
  return Object.values(images).map((choice) => recipeFor(choice).name);
}

/** An image by its name, or a NixOS by what it is built from: a path that ends in .nix, a flake, a folder, a tarball. */
export function recipeNamed(name: string): ImageRecipe {
  const recipe = recipes.find((one) => one.name === name);
  if (recipe !== undefined) return recipe;
  const built = nixosNamed(name, process.cwd());
  if (built !== undefined) return nixos(built);
  throw new DrybootError(`there is no image \`${name}\``, {
    code: "IMAGE_UNKNOWN",
    where: "images",
    hint: `one of: ${recipes.map((one) => one.name).join(", ")}; those with options are a site's (\`--site SITE\`)`,
    exitCode: 2,
  });
}
