import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Architecture } from "../host/apt-sources.ts";
import type { FetchedPackage } from "../host/package-store.ts";
import type { ImageLevel } from "./manifest.ts";

/** A file of an image that is being built. */
export type ImagePart = { name: string } & ({ bytes: Uint8Array } | { path: string });

export interface ImageParts {
  kernel: ImagePart;
  initrds: readonly ImagePart[];
  files: readonly ImagePart[];
  commandLine: string;
}

/** How an image is made: from which packages of Debian, and what of them goes where. */
export interface ImageRecipe {
  name: string;
  level: ImageLevel;
  /** One line for `dryboot image list`. */
  summary: string;
  packages: readonly string[];
  /** Of the machines that boot it, where those are no PCs. */
  architecture?: Architecture;
  /** Every file of ours that decides what the image becomes: data of `vm-images/`, and the code that packs it. */
  sources: readonly string[];
  /** Takes the packages in the order of `packages`. Pure but for reading them: same packages, same parts. */
  assemble(packages: readonly FetchedPackage[]): Promise<ImageParts>;
}

/** Changes when the recipe does: images built by an older one are built again. */
export async function recipeDigest({ name, level, packages, sources }: ImageRecipe): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([name, level, packages]));
  for (const path of sources) {
    const content = createHash("sha256").update(await readFile(path));
    hash.update(`\0${basename(path)}\0${content.digest("hex")}`);
  }
  return hash.digest("hex");
}
