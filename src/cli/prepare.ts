import { storeFolder } from "../core/folders.ts";
import { accelerator } from "../host/accelerator.ts";
import { findQemu } from "../host/qemu.ts";
import { requireNamespaces } from "../host/require-namespaces.ts";
import { requireTool } from "../host/require-tool.ts";
import type { ImageOptions } from "../images/catalogue.ts";
import { ensureImage } from "../images/catalogue.ts";
import type { ImagesLock } from "../images/images-lock.ts";
import type { LoaderFile } from "../images/loader-files.ts";
import { fetchLoaders, findSiteLoaders, wantedLoaders } from "../images/loader-files.ts";
import { mirrorsOf } from "../images/mirrors.ts";
import type { ImageProgress } from "../images/progress.ts";
import { sayProgress } from "../images/progress.ts";
import type { ImageRecipe } from "../images/recipe.ts";
import { recipeFor } from "../images/recipes.ts";
import type { OpenedImage } from "../images/store.ts";
import type { StoreHolds } from "../images/store-holds.ts";
import type { LaneSearch } from "../lab/lane-host.ts";
import { requireLane } from "../lab/lane-host.ts";
import type { LaneName } from "../lab/lanes.ts";
import { resolveSite } from "../site/resolve.ts";
import type { Site } from "../site/schema.ts";
import type { LabJob } from "./boot-job.ts";
import { ensureHost } from "./setup.ts";
import type { Terminal } from "./terminal.ts";

/** What images have to be, and who keeps them in the store while they are used. */
export type Keeping = Readonly<{ lock?: ImagesLock; holds: StoreHolds }>;

/** Everything a lab needs from outside its namespaces: host packages, QEMU, the accelerator's verdict, firmware, images. */
export async function prepareLab(
  site: Site,
  wanted: Readonly<{ images: readonly string[]; lanes: readonly LaneName[] }>,
  keeping: Keeping,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<LabJob> {
  if (site.dhcp.mode === "proxy") {
    requireTool("dnsmasq", "to lend addresses in the lab: a proxy lends none", {
      where: `\`dhcp.mode\` of the site ${site.name}`,
    });
  }
  await ensureHost(terminal, signal);
  await requireNamespaces(signal);
  const search = await laneSearch(terminal, signal);
  const lanes = await Promise.all(
    wanted.lanes.map(async (lane) => [lane, await requireLane(lane, search)] as const),
  );
  const loaders = await prepareLoaders(site, terminal, signal);
  const images = await prepareImages(site, wanted.images, keeping, terminal, signal);
  await keeping.holds.hold([...loaders.values()].map(({ path }) => path));
  return { site, lanes: Object.fromEntries(lanes), loaders: [...loaders], images, mirrors: mirrorsOf(site) };
}

/** What lanes are looked for with. */
export async function laneSearch(
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Omit<LaneSearch, "fetch">> {
  const store = storeFolder();
  const qemu = await findQemu({ signal });
  const verdict = await accelerator(qemu, { store, signal });
  return { signal, qemu, verdict, store, onProgress: sayTo(terminal, "firmware") };
}

/** The loaders of a site; those that this host has not installed are fetched and verified first. */
export async function prepareLoaders(
  site: Site,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, LoaderFile>> {
  const wanted = wantedLoaders(resolveSite(site).boot);
  await fetchLoaders(wanted, { signal, onProgress: sayTo(terminal, "loaders") });
  terminal.live([]);
  return await findSiteLoaders(wanted, { signal });
}

/** Opens each image, building first what is not in the store; a recipe that two names share is built once. */
export async function prepareImages(
  site: Site,
  names: readonly string[],
  { lock, holds }: Keeping,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<[string, OpenedImage][]> {
  const opened: [string, OpenedImage][] = [];
  for (const name of new Set(names)) {
    const choice = site.images[name];
    if (choice === undefined) continue;
    const keeping = { locked: lock?.image(name), holds };
    opened.push([name, await ensureRecipe(recipeFor(choice), keeping, terminal, signal)]);
  }
  return opened;
}

/** Opens the image of a recipe, building it first where it is not in the store. */
export async function ensureRecipe(
  recipe: ImageRecipe,
  keeping: Pick<ImageOptions, "locked" | "holds">,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<OpenedImage> {
  const onProgress = sayTo(terminal, `image ${recipe.name}`);
  const image = await ensureImage(recipe, { ...keeping, store: storeFolder(), signal, onProgress });
  terminal.live([]);
  return image;
}

/** Shows how far something is, on standard error: standard output may be facts. */
function sayTo(terminal: Terminal, what: string): (progress: ImageProgress) => void {
  let said = "";
  return (progress) => {
    const line = `${what}: ${sayProgress(progress)}`;
    if (terminal.isTTY) terminal.live([line]);
    // A line per step: percents are for who can watch them.
    const step = line.replace(/, \d+ %$/, "");
    if (!terminal.isTTY && step !== said) terminal.err(step);
    said = step;
  };
}
