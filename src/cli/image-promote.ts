import { DrybootError } from "../core/errors.ts";
import { storeFolder } from "../core/folders.ts";
import { suggest } from "../core/nearest.ts";
import { openImage } from "../images/list.ts";
import type { Promotion, Release, Trial } from "../images/promotions.ts";
import {
  Promotions,
  releaseOf,
  sameRelease,
  sayRelease,
  standing,
  withRelease,
} from "../images/promotions.ts";
import { recipeFor } from "../images/recipes.ts";
import { recordSite } from "../images/site-records.ts";
import type { LoadedSite } from "../site/load.ts";
import { loadSite } from "../site/load.ts";
import type { Site } from "../site/schema.ts";
import { usageError } from "./flags.ts";
import type { Terminal } from "./terminal.ts";

interface Options {
  json: boolean;
  site?: string | undefined;
}

/** `dryboot image promote IMAGE --site SITE`: from now on machines boot what `upgrade` has built and tried. */
export async function promote(names: readonly string[], options: Options, terminal: Terminal): Promise<void> {
  const { site, written, file } = await ofSite("promote", options.site);
  const promotions = new Promotions(storeFolder(), file);
  for (const name of chosenAlpine(site, names, "promote")) {
    const { said, candidate } = standing((await promotions.load())[name], saidOf(written, name));
    const now = saidOf(site, name);
    const choice = site.images[name];
    if (candidate === undefined || choice === undefined) throw noCandidate(name, options.site);
    const failed = candidate.trials.filter(({ image, problem }) => image === "new" && problem !== undefined);
    if (failed.length > 0) throw notUp(name, failed, options.site);
    const built = await openImage(recipeFor(withRelease(choice, candidate.release)));
    if (built.digest !== candidate.digest) throw noCandidate(name, options.site);
    await promotions.save(name, { said, current: candidate.release, previous: now });
    await keepBuilds(promotions, written);
    tell(name, candidate.release, now, "promoted", options, terminal);
  }
}

/** `dryboot image rollback IMAGE --site SITE`: back to what was booted before the last promotion. */
export async function rollback(
  names: readonly string[],
  options: Options,
  terminal: Terminal,
): Promise<void> {
  const { site, written, file } = await ofSite("rollback", options.site);
  const promotions = new Promotions(storeFolder(), file);
  for (const name of chosenAlpine(site, names, "rollback")) {
    const state = standing((await promotions.load())[name], saidOf(written, name));
    if (state.current === undefined || state.previous === undefined) {
      throw new DrybootError(`nothing was promoted for the image \`${name}\``, {
        code: "NOTHING_PROMOTED",
        where: `--site ${options.site}`,
        hint: "it boots what the site's file says",
        exitCode: 2,
      });
    }
    await promotions.save(name, rolledBack(state));
    await keepBuilds(promotions, written);
    tell(name, state.previous, state.current, "rolled back", options, terminal);
  }
}

/** What is left of a promotion that is taken back; nothing where the site's own word holds again. */
function rolledBack({ said, previous, candidate }: Promotion): Promotion | undefined {
  const kept = { said, ...(candidate && { candidate }) };
  if (previous !== undefined && !sameRelease(previous, said)) return { ...kept, current: previous };
  return candidate === undefined ? undefined : kept;
}

/** Notes what may be promoted or rolled back to, so that `dryboot image gc` leaves it in the store. */
export async function keepBuilds(promotions: Promotions, { images }: Site): Promise<void> {
  const known = Object.entries(await promotions.load()).flatMap(
    ([name, { current, previous, candidate }]) => {
      const choice = images[name];
      if (choice === undefined) return [];
      const releases = [current, previous, candidate?.release].filter((release) => release !== undefined);
      return releases.map((release) => recipeFor(withRelease(choice, release)).name);
    },
  );
  await recordSite(storeFolder(), promotions.path, known);
}

/** The images of a site that are meant: by name, or `alpine` for all that are Alpine. */
export function chosenAlpine(site: Site, names: readonly string[], action: string): string[] {
  const alpine = Object.entries(site.images).flatMap(([name, { recipe }]) =>
    recipe === "alpine" ? [name] : [],
  );
  if (names.length === 0) {
    throw usageError(
      "IMAGE is missing",
      `dryboot image ${action}`,
      "name an image of the site, or `alpine` for all",
    );
  }
  return names.flatMap((name) => {
    if (name === "alpine" && !Object.hasOwn(site.images, name) && alpine.length > 0) return alpine;
    if (alpine.includes(name)) return [name];
    throw usageError(
      Object.hasOwn(site.images, name)
        ? `the image \`${name}\` has no releases: only images of the recipe \`alpine\` are upgraded`
        : `the site has no image \`${name}\``,
      `dryboot image ${action}`,
      suggest(name, alpine),
    );
  });
}

/** The release that a site says for an image, or boots. */
export function saidOf({ images }: Site, name: string): Release {
  const release = releaseOf(images[name] ?? {});
  if (release === undefined) throw new Error(`the image ${name} has no release`);
  return release;
}

export async function ofSite(action: string, site: string | undefined): Promise<LoadedSite> {
  if (site !== undefined) return await loadSite(site);
  throw usageError("--site is missing", `dryboot image ${action}`, "say whose image it is: --site SITE");
}

function tell(
  name: string,
  now: Release,
  before: Release,
  done: string,
  { json, site }: Options,
  terminal: Terminal,
): void {
  if (json) {
    terminal.out(JSON.stringify({ image: name, now, before }));
    return;
  }
  terminal.out(`${name}: ${done} to ${sayRelease(now)}; before, it was ${sayRelease(before)}`);
  terminal.out(
    "  on this machine, until the site's file says another release; a server that runs takes it when it reads",
  );
  terminal.out("  the site again. To keep it with the site, write it there.");
  if (done === "promoted") terminal.out(`  back again: ./dryboot image rollback ${name} --site ${site}`);
}

function noCandidate(name: string, site: string | undefined): DrybootError {
  return new DrybootError(`no new build of the image \`${name}\` has been tried`, {
    code: "NOTHING_TO_PROMOTE",
    where: `--site ${site}`,
    hint: `./dryboot image upgrade ${name} --site ${site}`,
    exitCode: 2,
  });
}

function notUp(name: string, failed: readonly Trial[], site: string | undefined): DrybootError {
  return new DrybootError(`the new build of \`${name}\` did not come up wherever it was tried`, {
    code: "UPGRADE_FAILED",
    where: `--site ${site}`,
    evidence: failed.map(({ lane, problem }) => `${lane}: ${problem}`),
    hint: `try again when it is mended: ./dryboot image upgrade ${name} --site ${site}`,
  });
}
