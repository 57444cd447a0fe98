import { join } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { projectFolder, storeFolder } from "../core/folders.ts";
import { formatDuration } from "../core/units.ts";
import type { AlpineChoice } from "../images/alpine/family.ts";
import { upgradeTarget } from "../images/alpine/upgrade-target.ts";
import { differenceOf } from "../images/difference.ts";
import type { Release, Trial } from "../images/promotions.ts";
import { Promotions, sayRelease, standing, withRelease } from "../images/promotions.ts";
import { recipeFor } from "../images/recipes.ts";
import type { OpenedImage } from "../images/store.ts";
import { StoreHolds } from "../images/store-holds.ts";
import { siteFor } from "../lab/lane-site.ts";
import type { LaneName } from "../lab/lanes.ts";
import { runInNamespace } from "../lab/namespace.ts";
import type { LoadedSite } from "../site/load.ts";
import { resolveSite } from "../site/resolve.ts";
import type { Site } from "../site/schema.ts";
import { loadTrace } from "../trace/read-trace.ts";
import { makeRunFolder } from "./boot.ts";
import type { BootJob } from "./boot-job.ts";
import { bootTookMs } from "./boot-runs.ts";
import { chosenAlpine, keepBuilds, ofSite, saidOf } from "./image-promote.ts";
import { ensureRecipe, prepareLab } from "./prepare.ts";
import { table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

interface Options {
  json: boolean;
  site?: string | undefined;
  to?: string | undefined;
}

/** One build of an image that is tried, and what a site would say to get it. */
interface Tried {
  which: Trial["image"];
  choice: AlpineChoice;
  built: OpenedImage;
}

interface Shown {
  say(line: string): void;
  /** Nothing that is tried may be removed meanwhile. */
  holds: StoreHolds;
  terminal: Terminal;
  signal: AbortSignal;
}

/** Of each processor, a firmware of every kind it has. */
const lanesOf: Readonly<Record<AlpineChoice["arch"], readonly LaneName[]>> = {
  x86_64: ["bios-pxe", "uefi-pxe"],
  aarch64: ["arm64-uefi"],
};

/**
 * `dryboot image upgrade IMAGE --site SITE [--to RELEASE]`: builds the new one beside the old, says what differs, and boots
 * both in the lab. What machines boot does not change: `image promote` does that.
 */
export async function upgrade(
  names: readonly string[],
  { json, site: wanted, to }: Options,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const loaded = await ofSite("upgrade", wanted);
  await using holds = new StoreHolds(storeFolder());
  for (const name of chosenAlpine(loaded.site, names, "upgrade")) {
    const choice = loaded.site.images[name] as AlpineChoice;
    const world = { store: storeFolder(), refresh: true, signal };
    const target = await upgradeTarget(choice, to, world);
    const say = (line: string) => (json ? terminal.err(line) : terminal.out(line));
    const old = await ensureRecipe(recipeFor(choice), { holds }, terminal, signal);
    const changed = withRelease(choice, target);
    const now = await ensureRecipe(recipeFor(changed), { holds }, terminal, signal);
    if (now.digest === old.digest || old.name === now.name) {
      say(`${name}: is ${sayRelease(target)} already, digest ${now.digest.slice(0, 12)}`);
      continue;
    }
    say(`${name}: ${old.name} to ${now.name}`);
    const rows = [["", "old", "new"], ...differenceOf(old, now)];
    for (const line of table(rows, { indent: "  " })) say(line);
    const trials = await tryBoth(
      loaded.site,
      name,
      [
        { which: "old", choice, built: old },
        { which: "new", choice: changed, built: now },
      ],
      { say, holds, terminal, signal },
    );
    await remember(loaded, name, target, { digest: now.digest, trials });
    if (json) terminal.out(JSON.stringify({ image: name, target, digest: now.digest, trials }));
    else for (const line of trialTable(trials)) terminal.out(line);
    refuseFailed(name, trials);
    say(
      `\n${name} still boots ${old.name}. To change that: ./dryboot image promote ${name} --site ${wanted}`,
    );
  }
}

async function tryBoth(site: Site, name: string, tried: readonly Tried[], shown: Shown): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (const one of tried) {
    for (const lane of lanesOf[one.choice.arch]) trials.push(await tryBoot(site, name, one, lane, shown));
  }
  return trials;
}

/** One boot, recorded as every other; what it said is shown when it failed. */
async function tryBoot(
  site: Site,
  name: string,
  { which, choice, built }: Tried,
  lane: LaneName,
  { say, holds, terminal, signal }: Shown,
): Promise<Trial> {
  const { machine, changed } = withImage(site, name, choice);
  const wanted = { images: [name], lanes: [lane] };
  const lab = await prepareLab(siteFor(changed, lane), wanted, { holds }, terminal, signal);
  const folder = makeRunFolder(join(projectFolder, "reports"), [site.name, machine.name, lane, built.name]);
  const job: BootJob = {
    ...lab,
    machine: machine.name,
    lane,
    direct: false,
    folder,
    json: false,
    keep: false,
  };
  say(`${machine.name} boots ${built.name} by ${lane}`);
  let said = "";
  const code = await runInNamespace(join(import.meta.dirname, "boot-inside.ts"), job, {
    signal,
    output: (chunk) => {
      said += chunk;
    },
  });
  signal.throwIfAborted();
  if (code === 0) {
    const tookMs = bootTookMs((await loadTrace(folder)).facts, machine, lab);
    return { image: which, lane, ...(tookMs === undefined ? {} : { tookMs }) };
  }
  terminal.err(said.trimEnd());
  const [, problem = `exit code ${code}`] = /^error: (.+)$/m.exec(said) ?? [];
  return { image: which, lane, problem };
}

/** The site with another choice under this name, and the machine that boots it: the first that does, else the first. */
function withImage(
  site: Site,
  name: string,
  choice: AlpineChoice,
): { machine: Site["machines"][number]; changed: Site } {
  const boots = resolveSite(site).machines.find(({ image }) => image === name)?.name;
  const machine = site.machines.find((one) => one.name === boots) ?? site.machines[0];
  if (machine === undefined) {
    throw new DrybootError(`site ${site.name} has no machines to try an image on`, {
      code: "MACHINE_UNKNOWN",
      where: `site ${site.name}`,
      hint: "add one to `machines` in the site file",
      exitCode: 2,
    });
  }
  const images = { ...site.images, [name]: { ...site.images[name], ...choice } };
  const machines = site.machines.map((one) => (one === machine ? { ...one, image: name } : one));
  return { machine, changed: { ...site, images, machines } };
}

async function remember(
  { written, file }: LoadedSite,
  name: string,
  target: Release,
  made: { digest: string; trials: Trial[] },
): Promise<void> {
  const promotions = new Promotions(storeFolder(), file);
  const known = standing((await promotions.load())[name], saidOf(written, name));
  await promotions.save(name, { ...known, candidate: { release: target, ...made } });
  await keepBuilds(promotions, written);
}

/** A line for each lane, the old build beside the new. */
export function trialTable(trials: readonly Trial[]): string[] {
  const cell = (lane: string, image: Trial["image"]) => {
    const trial = trials.find((one) => one.lane === lane && one.image === image);
    if (trial?.problem !== undefined) return "did not come up";
    return trial?.tookMs === undefined ? "ready" : `ready after ${formatDuration(trial.tookMs)}`;
  };
  const lanes = [...new Set(trials.map(({ lane }) => lane))];
  const rows = lanes.map((lane) => [lane, cell(lane, "old"), cell(lane, "new")]);
  return ["", ...table([["lane", "old", "new"], ...rows], { indent: "  " })];
}

/** An old one that fails is no reason to stay with it. */
function refuseFailed(name: string, trials: readonly Trial[]): void {
  const failed = trials.filter(({ image, problem }) => image === "new" && problem !== undefined);
  if (failed.length === 0) return;
  throw new DrybootError(`the new build of ${name} did not come up, so it cannot be promoted`, {
    code: "UPGRADE_FAILED",
    where: failed.map(({ lane }) => lane).join(", "),
    evidence: failed.map(({ lane, problem }) => `${lane}: ${problem}`),
    hint: "machines boot what they did; look into the runs in reports/, and try again when it is mended",
  });
}
