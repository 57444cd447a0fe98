import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Architecture, Suite } from "../host/apt-sources.ts";
import type { FetchedPackage } from "../host/package-store.ts";
import type { ImageLevel } from "./manifest.ts";
import type { ImageProgress } from "./progress.ts";

/** A file of an image that is being built. */
export type ImagePart = { name: string } & ({ bytes: Uint8Array } | { path: string });

export interface ImageParts {
  kernel: ImagePart;
  initrds: readonly ImagePart[];
  files: readonly ImagePart[];
  commandLine: string;
}

/** A file from a mirror or a folder, in the store and found to be what it should be. */
export interface FetchedFile {
  name: string;
  /** Where it came from, as a person would look for it. */
  url: string;
  path: string;
  /** Lower-case hex. */
  sha256: string;
  /** Where the mirror publishes that one, and it was compared. */
  sha512?: string;
  sizeBytes: number;
  /** Whose signature vouches for it. */
  signedBy?: string;
}

/** What fetching may use: the network, and the store to put things. */
export interface FetchWorld {
  store: string;
  /** Ask for newer files than the store has. */
  refresh: boolean;
  signal?: AbortSignal;
  onProgress?: (progress: ImageProgress) => void;
}

/** What building may use: no network, and a folder of its own that is removed afterwards. */
export interface BuildWorld {
  scratch: string;
  signal?: AbortSignal;
}

/** How an image is made: from what, and what of it goes where. */
export interface ImageRecipe {
  /** In the store: one name for each set of options. */
  name: string;
  level: ImageLevel;
  /** One line for `dryboot image list`. */
  summary: string;
  /** Of Debian. */
  packages: readonly string[];
  /** The release they are from; bookworm unless said. */
  suite?: Suite;
  /** Of the machines that boot it, where those are no PCs. */
  architecture?: Architecture;
  /** Memory that its system takes beside what unpacking it takes, where that is much. */
  userlandBytes?: number;
  /** Every file of ours that decides what the image becomes: data of `vm-images/`, and the code that packs it. */
  sources: readonly string[];
  /** What the site chose. */
  options?: unknown;
  /** Fetches what does not come from Debian, and verifies it. */
  fetch?(world: FetchWorld): Promise<readonly FetchedFile[]>;
  /** Takes the packages in the order of `packages`, and what `fetch` brought. Same input, same parts. */
  assemble(
    packages: readonly FetchedPackage[],
    fetched: readonly FetchedFile[],
    world: BuildWorld,
  ): Promise<ImageParts>;
}

/** Changes when the recipe does: images built by an older one are built again. */
export async function recipeDigest(recipe: ImageRecipe): Promise<string> {
  const { name, level, packages, sources, suite, options } = recipe;
  const said = [name, level, packages, ...(suite || options ? [suite ?? "", options ?? ""] : [])];
  const hash = createHash("sha256").update(JSON.stringify(said));
  for (const path of sources) {
    const content = createHash("sha256").update(await readFile(path));
    hash.update(`\0${basename(path)}\0${content.digest("hex")}`);
  }
  return hash.digest("hex");
}
