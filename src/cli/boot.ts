import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "zod";
import { menuImages } from "../boot/menu.ts";
import { DrybootError } from "../core/errors.ts";
import { projectFolder, storeFolder } from "../core/folders.ts";
import { suggest } from "../core/nearest.ts";
import type { Fact } from "../core/timeline.ts";
import { listedImage } from "../images/list.ts";
import { recipeFor } from "../images/recipes.ts";
import { StoreHolds } from "../images/store-holds.ts";
import type { BootFacts } from "../lab/facts.ts";
import { siteFor } from "../lab/lane-site.ts";
import type { LaneName } from "../lab/lanes.ts";
import { laneNames, lanes } from "../lab/lanes.ts";
import { runInNamespace } from "../lab/namespace.ts";
import { loadSite } from "../site/load.ts";
import { menuOf } from "../site/menu.ts";
import { resolveSite } from "../site/resolve.ts";
import type { Site } from "../site/schema.ts";
import { loadTrace } from "../trace/read-trace.ts";
import type { BootJob } from "./boot-job.ts";
import { runsSummary } from "./boot-runs.ts";
import { directSays } from "./boot-summary.ts";
import { command } from "./command.ts";
import { prepareLab } from "./prepare.ts";
import { requireMemory } from "./require-memory.ts";
import { siteLock } from "./site-lock.ts";

export const boot = command({
  name: "boot",
  summary: "Boot one machine of a site in the lab, and show where the time goes",
  details:
    "SITE is a folder in lab/, or the path of a site file; without it, lab/quickstart boots. Each boot is recorded in a\n" +
    "folder below reports/. Exit codes: 0 it came up, 1 it failed, 2 wrong usage, 130 interrupted.",
  positionals: [{ name: "SITE", describe: "Site to boot (default: quickstart)", optional: true }],
  flags: z.strictObject({
    machine: z
      .string()
      .optional()
      .describe("Machine of the site (default: its first)")
      .meta({ placeholder: "NAME" }),
    lane: z
      .string()
      .optional()
      .describe(`Firmware and boot path: ${laneNames.join(", ")} (default: the site's first)`)
      .meta({ placeholder: "LANE" }),
    image: z
      .string()
      .optional()
      .describe("Image of the site to boot instead of the machine's own")
      .meta({ placeholder: "NAME" }),
    direct: z
      .boolean()
      .default(false)
      .describe(
        "Have QEMU load kernel and initrds itself, with the command line of the site: no network boot",
      ),
    runs: z.coerce
      .number()
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe("Boot it this many times and print the spread"),
    keep: z
      .boolean()
      .default(false)
      .describe("Leave the machine running when it is up or has failed, with its console here"),
    json: z.boolean().default(false).describe("Print one JSON fact per line and nothing else"),
    reports: z
      .string()
      .optional()
      .describe("Folder for the run's record (default: reports/)")
      .meta({ placeholder: "DIR" }),
  }),
  async run({ flags, args }, terminal, signal) {
    const named = args.SITE ?? "quickstart";
    const { site, machine, lane, image, file } = await choose(named, flags);
    checkCard(machine, lane);
    const images = [image, ...(await menuImagesBuilt(site))];
    await using holds = new StoreHolds(storeFolder());
    const keeping = { lock: await siteLock(named, file), holds };
    const lab = await prepareLab(site, { images, lanes: [lane] }, keeping, terminal, signal);
    requireMemory(site, machine.name, lab.images);
    const parent = resolve(flags.reports ?? join(projectFolder, "reports"));
    const by = flags.direct ? "direct" : lane;
    const folders: string[] = [];
    for (let run = 1; run <= flags.runs; run += 1) {
      const folder = makeRunFolder(parent, [site.name, machine.name, by]);
      folders.push(folder);
      const which = flags.runs > 1 ? `run ${run} of ${flags.runs}: ` : "";
      if (!flags.json) terminal.out(`${which}${sayBoot(machine.name, image, by)}${beside(site)}`);
      const job: BootJob = {
        ...lab,
        machine: machine.name,
        lane,
        direct: flags.direct,
        folder,
        json: flags.json,
        keep: flags.keep,
      };
      const code = await runInNamespace(join(import.meta.dirname, "boot-inside.ts"), job, { signal });
      if (code !== 0) return code;
    }
    if (flags.runs > 1 && !flags.json)
      for (const line of runsSummary(await factsOf(folders), machine, lab)) terminal.out(line);
    return 0;
  },
});

async function factsOf(folders: readonly string[]): Promise<(readonly Fact<BootFacts>[])[]> {
  return await Promise.all(folders.map(async (folder) => (await loadTrace(folder)).facts));
}

/** What the menu offers and the store has; the rest is greyed there. */
async function menuImagesBuilt(site: Site): Promise<string[]> {
  const offered = menuImages(menuOf(site));
  const states = await Promise.all(
    offered.map(async (name) => {
      const choice = site.images[name];
      return choice && (await listedImage(recipeFor(choice))).state;
    }),
  );
  return offered.filter((_, at) => states[at] === "built");
}

/** A card without a driver would not boot, and the firmware would only say that there is nothing to boot from. */
function checkCard({ name, nic }: Site["machines"][number], lane: LaneName): void {
  const { nics, says } = lanes[lane];
  if (nics.includes(nic)) return;
  throw new DrybootError(`the lane ${lane} has no driver for the ${nic} of ${name}`, {
    code: "LANE_NIC",
    where: `lane ${lane}: ${says}`,
    hint: `give the machine \`nic: "${nics[0]}"\`, or take a lane that drives it (\`./dryboot lanes\`)`,
    exitCode: 2,
  });
}

function sayBoot(machine: string, image: string, by: LaneName | "direct"): string {
  return `${machine} boots ${image} ${by === "direct" ? `directly: ${directSays}` : `by ${by}: ${lanes[by].says}`}`;
}

/** A proxy lends no addresses, so somebody else must. */
function beside({ dhcp }: Site): string {
  return dhcp.mode === "proxy"
    ? "\ndnsmasq lends the addresses: it stands in for the DHCP server you have"
    : "";
}

interface Choice {
  site: Site;
  machine: Site["machines"][number];
  lane: LaneName;
  image: string;
  /** The site's. */
  file: string;
}

/** What is to be booted: the site's word, unless a flag says otherwise. */
async function choose(
  name: string,
  flags: { machine?: string | undefined; lane?: string | undefined; image?: string | undefined },
): Promise<Choice> {
  const loaded = await loadSite(name);
  const machine = chooseMachine(loaded.site, flags.machine);
  const lane = chooseLane(loaded.site, flags.lane);
  const chosen = flags.image === undefined ? loaded.site : withImage(loaded.site, machine.name, flags.image);
  const site = siteFor(chosen, lane);
  const image = flags.image ?? resolveSite(site).machines.find(({ name }) => name === machine.name)?.image;
  if (image === undefined) throw nothingToBoot(machine.name, loaded.file);
  return { site, machine, lane, image, file: loaded.file };
}

function chooseMachine(site: Site, wanted: string | undefined): Site["machines"][number] {
  const names = site.machines.map(({ name }) => name);
  const found = wanted === undefined ? site.machines[0] : site.machines.find(({ name }) => name === wanted);
  if (found) return found;
  throw new DrybootError(
    wanted === undefined
      ? `site ${site.name} has no machines`
      : `site ${site.name} has no machine \`${wanted}\``,
    {
      code: "MACHINE_UNKNOWN",
      where: wanted === undefined ? `site ${site.name}` : `--machine ${wanted}`,
      hint: wanted === undefined ? "add one to `machines` in the site file" : suggest(wanted, names),
      exitCode: 2,
    },
  );
}

function chooseLane(site: Site, wanted: string | undefined): LaneName {
  const name = wanted ?? site.lab.lanes[0] ?? "bios-pxe";
  const found = laneNames.find((lane) => lane === name);
  if (found) return found;
  throw new DrybootError(`there is no lane \`${name}\``, {
    code: "LANE_UNKNOWN",
    where: `--lane ${name}`,
    hint: suggest(name, laneNames),
    exitCode: 2,
  });
}

function withImage(site: Site, machineName: string, image: string): Site {
  if (!(image in site.images)) {
    throw new DrybootError(`site ${site.name} has no image \`${image}\``, {
      code: "IMAGE_UNKNOWN",
      where: `--image ${image}`,
      hint: suggest(image, Object.keys(site.images)),
      exitCode: 2,
    });
  }
  const machines = site.machines.map((machine) =>
    machine.name === machineName ? { ...machine, image } : machine,
  );
  return { ...site, machines };
}

function nothingToBoot(machine: string, file: string): DrybootError {
  return new DrybootError(
    `${machine} has nothing to boot: no image of its own, none by a rule, and no default one`,
    {
      code: "NOTHING_TO_BOOT",
      where: file,
      hint: "give the machine an `image`, or the site a `defaultImage`, or name one with --image",
      exitCode: 2,
    },
  );
}

/** `20261120-163059-quickstart-node1-bios-pxe`; a number behind it when two runs begin in one second. */
export function makeRunFolder(parent: string, words: readonly string[]): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  const name = [time, ...words].join("-");
  try {
    mkdirSync(parent, { recursive: true });
    for (let again = 1; ; again += 1) {
      const folder = join(parent, again === 1 ? name : `${name}-${again}`);
      if (mkdirIfNew(folder)) return folder;
    }
  } catch (cause) {
    throw new DrybootError(`cannot make a folder for the run in ${parent}`, {
      code: "REPORT_NOT_WRITTEN",
      where: parent,
      hint: "give a folder you may write to with --reports DIR",
      cause,
    });
  }
}

function mkdirIfNew(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
