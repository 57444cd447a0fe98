import { availableParallelism } from "node:os";
import { mapAtMost } from "../core/at-most.ts";
import { storeFolder } from "../core/folders.ts";
import { buildImage } from "../images/catalogue.ts";
import type { ImagesLock, LockedImage } from "../images/images-lock.ts";
import type { ImageProgress } from "../images/progress.ts";
import { sayProgress } from "../images/progress.ts";
import { recipeNamesOf } from "../images/recipes.ts";
import { recordSite } from "../images/site-records.ts";
import type { OpenedImage } from "../images/store.ts";
import { loadSite } from "../site/load.ts";
import { usageError } from "./flags.ts";
import type { ImageFlags, WantedImage } from "./image-choice.ts";
import { wantedImages } from "./image-choice.ts";
import { siteLock } from "./site-lock.ts";
import type { Terminal } from "./terminal.ts";

export interface BuiltImage {
  name: string;
  opened: OpenedImage;
}

/** Builds images, as many at a time as there are cores; two names of one recipe are built once. */
export async function buildAll(
  wanted: readonly WantedImage[],
  options: { refresh: boolean; locked: (name: string) => LockedImage | undefined },
  terminal: Terminal,
  signal: AbortSignal,
): Promise<BuiltImage[]> {
  const progress = new BuildProgress(terminal);
  const recipes = [...new Map(wanted.map((one) => [one.recipe.name, one])).values()];
  try {
    const opened = await mapAtMost(
      availableParallelism(),
      recipes,
      async ({ name, recipe }, stopped) => {
        const onProgress = (step: ImageProgress) => progress.show(recipe.name, step);
        const { refresh } = options;
        const built = await buildImage(recipe, {
          refresh,
          locked: options.locked(name),
          signal: stopped,
          onProgress,
        });
        progress.done(recipe.name);
        return built;
      },
      signal,
    );
    const byRecipe = new Map(opened.map((one) => [one.name, one]));
    return wanted.flatMap(({ name, recipe }) => {
      const found = byRecipe.get(recipe.name);
      if (found) options.locked(name)?.check(found);
      return found ? [{ name, opened: found }] : [];
    });
  } finally {
    terminal.live([]);
  }
}

/** Follows the work: in place on a terminal, elsewhere a line per step. Standard output is kept for the result. */
class BuildProgress {
  readonly #terminal: Terminal;
  readonly #lines = new Map<string, string>();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(name: string, progress: ImageProgress): void {
    const sentence = `${name}: ${sayProgress(progress)}`;
    const step = sentence.replace(/, \d+ %$/, "");
    const said = this.#lines.get(name)?.replace(/, \d+ %$/, "");
    this.#lines.set(name, sentence);
    if (this.#terminal.isTTY) this.#terminal.live([...this.#lines.values()]);
    else if (step !== said) this.#terminal.err(step);
  }

  done(name: string): void {
    this.#lines.delete(name);
    if (this.#terminal.isTTY) this.#terminal.live([...this.#lines.values()]);
  }
}

/** Remembers in the store that the site needs these images, and beside the site what they are. */
export async function keepSite(
  site: string,
  built: readonly BuiltImage[],
  lock: ImagesLock,
  which: "all" | "new",
  terminal: Terminal,
): Promise<void> {
  const loaded = await loadSite(site);
  await recordSite(storeFolder(), loaded.file, recipeNamesOf(loaded.site));
  const written = await lock.write(new Map(built.map(({ name, opened }) => [name, opened])), which);
  if (written.length > 0) terminal.err(`${written.join(", ")}: locked in ${lock.path}`);
}

/** `dryboot image lock SITE`: what the images are from now on. */
export async function lock(
  [site, ...names]: readonly string[],
  flags: ImageFlags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const named = site ?? flags.site;
  if (named === undefined)
    throw usageError("SITE is missing", "dryboot image lock", "write `dryboot image lock SITE`");
  const wanted = await wantedImages(names, named);
  const file = await siteLock(named, (await loadSite(named)).file, flags.lock);
  const built = await buildAll(wanted, { refresh: flags.refresh, locked: () => undefined }, terminal, signal);
  await keepSite(named, built, file, "all", terminal);
  for (const { name, opened } of built) {
    if (flags.json) terminal.out(JSON.stringify({ name, digest: opened.digest, lock: file.path }));
    else
      terminal.out(`${name}: level ${opened.level}, digest ${opened.digest}, ${opened.inputs.length} inputs`);
  }
}
