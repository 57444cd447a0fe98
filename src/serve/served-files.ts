import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { access, open } from "node:fs/promises";
import { join } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { storeFolder } from "../core/folders.ts";
import type { ServedFile } from "../core/served-file.ts";
import { findInFolder } from "../core/served-folder.ts";
import type { ImagesLock, LockedImage } from "../images/images-lock.ts";
import { openImage } from "../images/list.ts";
import { findSiteLoaders, packagedFiles, wantedLoaders } from "../images/loader-files.ts";
import { mirrorsOf } from "../images/mirrors.ts";
import type { SecretKeeper } from "../images/overlays/secret-keeper.ts";
import type { ImageRecipe } from "../images/recipe.ts";
import { recipeFor } from "../images/recipes.ts";
import type { OpenedImage } from "../images/store.ts";
import type { StoreHolds } from "../images/store-holds.ts";
import { overlayFiles } from "../netboot/overlay-files.ts";
import { mirrorFolderName, pullThroughs } from "../netboot/pull-throughs.ts";
import type { ServedSite } from "../netboot/served-site.ts";
import type { ResolvedSite } from "../site/resolve.ts";
import { resolveSite } from "../site/resolve.ts";
import type { Site } from "../site/schema.ts";
import type { Warning } from "./interface.ts";

/**
 * The store, held open by its folder. Root's lies in a home that its later user cannot enter; the files themselves
 * anybody may read, and through the descriptor there is a way to them that leads past the home.
 */
export class HeldStore implements AsyncDisposable {
  readonly #path: string;
  readonly #handle: FileHandle | undefined;

  private constructor(path: string, handle: FileHandle | undefined) {
    this.#path = path;
    this.#handle = handle;
  }

  static async open(path: string = storeFolder()): Promise<HeldStore> {
    const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY).catch(() => undefined);
    return new HeldStore(path, handle); // without a store there is nothing to hold
  }

  /** The way to it that stays open, whoever we become. */
  get path(): string {
    return this.#handle ? `/proc/self/fd/${this.#handle.fd}` : this.#path;
  }

  async openImage(recipe: ImageRecipe): Promise<OpenedImage> {
    try {
      return await openImage(recipe, this.path);
    } catch (error) {
      throw this.#translated(error);
    }
  }

  /** Where a path through the descriptor is, as people know it. */
  #translated(error: unknown): unknown {
    if (error instanceof Error && "where" in error && typeof error.where === "string" && this.#handle) {
      const where = error.where.replace(`/proc/self/fd/${this.#handle.fd}`, this.#path);
      Object.defineProperty(error, "where", { value: where, enumerable: true });
    }
    return error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle?.close();
  }
}

export interface Gathered {
  served: ServedSite;
  warnings: readonly Warning[];
}

/** Everything a site needs to be served, opened and verified; nothing is built or fetched. */
export async function gather(
  site: Site,
  wanted: Readonly<{
    store: HeldStore;
    images: readonly string[];
    lock?: ImagesLock | undefined;
    /** Keeps what is served in the store. */
    holds: StoreHolds;
    /** What overlays may hold of secrets. */
    secrets?: SecretKeeper;
  }>,
  signal: AbortSignal,
): Promise<Gathered> {
  const { store, holds } = wanted;
  const resolved = resolveSite(site);
  const siteLoaders = wantedLoaders(resolved.boot);
  let loaders: Map<string, ServedFile>;
  let images: Map<string, OpenedImage>;
  do {
    loaders = new Map(await findSiteLoaders(siteLoaders, { store: store.path, signal }));
    images = await openImages(resolved, wanted);
    // Taken out of the store between the look at it and now: looked for again.
  } while (!(await holds.hold(pathsOf({ images, loaders }))));
  const { root } = resolved.tftp;
  if (root !== undefined) await findInFolder(root, "."); // fails where there is no such folder
  const missing: string[] = [];
  for (const name of siteLoaders.names) {
    if (loaders.has(name)) continue;
    if (root === undefined || (await findInFolder(root, name)) === undefined) missing.push(name);
  }
  return {
    served: {
      site: resolved.states ? { ...resolved.boot, keepsStates: true } : resolved.boot,
      dhcp: resolved.dhcp,
      dns: resolved.dns,
      syslog: resolved.syslog,
      tftp: resolved.tftp,
      readers: resolved.readers,
      states: resolved.states,
      images,
      loaders,
      machineFiles: await overlayFiles(resolved.boot, wanted.secrets),
      mirrors: pullThroughs(mirrorsOf(site), join(store.path, mirrorFolderName), signal),
    },
    warnings: missing.map((name) => ({
      problem: `the loader ${name} is not on this machine: who needs it cannot boot`,
      next: howToGet(name, siteLoaders.ipxe, root),
    })),
  };
}

/**
 * The images that somebody boots, and of the others what is in the store: the menu greys what is not, and who is told
 * to boot an image (`dryboot machine`) may be told any.
 */
async function openImages(
  { choices }: ResolvedSite,
  { images: names, store, lock }: Parameters<typeof gather>[1],
): Promise<Map<string, OpenedImage>> {
  const images = new Map<string, OpenedImage>();
  for (const name of names) {
    const choice = choices.get(name);
    if (choice === undefined) continue;
    const opened = await store.openImage(recipeFor(choice));
    lock?.image(name)?.check(opened);
    images.set(name, opened);
  }
  for (const [name, choice] of choices) {
    const found = images.has(name)
      ? undefined
      : await openIfBuilt(store, recipeFor(choice), lock?.image(name));
    if (found) images.set(name, found);
  }
  return images;
}

async function openIfBuilt(
  store: HeldStore,
  recipe: ImageRecipe,
  locked: LockedImage | undefined,
): Promise<OpenedImage | undefined> {
  try {
    const opened = await store.openImage(recipe);
    locked?.check(opened);
    return opened;
  } catch (error) {
    if (error instanceof DrybootError) return undefined;
    throw error;
  }
}

function howToGet(name: string, ipxe: string | undefined, root: string | undefined): string {
  if (packagedFiles(name, ipxe).size > 0)
    return "stop and start the server: that fetches what the site names";
  const install = "run `./dryboot setup`, which installs iPXE's loaders";
  return root === undefined ? install : `put it into ${root} (\`tftp.root\`), or ${install}`;
}

/** The files among these that this process, as the user it is now, cannot read. */
export async function unreadable({ images, loaders, tftp }: ServedSite): Promise<string[]> {
  const paths = pathsOf({ images, loaders });
  // `access` asks for the real user, who is the effective one here.
  const checked = [...paths, ...(tftp?.root === undefined ? [] : [tftp.root])].map(
    async (path) =>
      await access(path, constants.R_OK).then(
        () => [],
        () => [path],
      ),
  );
  return (await Promise.all(checked)).flat();
}

function pathsOf({ images, loaders }: Pick<ServedSite, "images" | "loaders">): string[] {
  const files = [
    ...loaders.values(),
    ...[...images.values()].flatMap(({ kernel, initrds, files }) => [kernel, ...initrds, ...files]),
  ];
  return files.flatMap((file) => ("path" in file ? [file.path] : []));
}
