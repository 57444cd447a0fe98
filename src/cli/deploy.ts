import { resolve } from "node:path";
import * as z from "zod";
import type { Change } from "../boot/lifecycle.ts";
import { DrybootError } from "../core/errors.ts";
import { suggest } from "../core/nearest.ts";
import { defaultStateFolder } from "../serve/state-folder.ts";
import { loadSite } from "../site/load.ts";
import type { Site } from "../site/schema.ts";
import { groupLayers } from "../site/settings-of.ts";
import { assign } from "./assign.ts";
import { command } from "./command.ts";
import { usageError } from "./flags.ts";
import { stateFlag } from "./state-flag.ts";

export const deploy = command({
  name: "deploy",
  summary: "Try an image once on machines, and keep it where it reports ready",
  details:
    "The image takes the slot `new` of each machine, which boots it once. When the machine reports ready, the image is its\n" +
    "regular one and what was regular before is the old one; when it comes back without a report, it boots what it booted\n" +
    "before. `--back` makes the old one the regular one again. `dryboot slots` shows where each machine is.\n" +
    "A running server does it at once; without one it is written to the state folder. docs/lifecycle.md has the whole story.\n\n" +
    "Exit codes: 0 done, 1 there is no such machine or image, 2 wrong usage.",
  positionals: [
    { name: "IMAGE", describe: "An image of the site; with --back, a machine", optional: true },
    { name: "MACHINES", describe: "Machines of the site", optional: true, many: true },
  ],
  flags: z.strictObject({
    group: z
      .string()
      .optional()
      .describe("All machines of this group too; needs --site")
      .meta({ placeholder: "NAME" }),
    site: z.string().optional().describe("The site that the group is in").meta({ placeholder: "SITE" }),
    back: z
      .boolean()
      .default(false)
      .describe("Boot the old image again instead, which becomes the regular one"),
    json: z.boolean().default(false).describe("Print one JSON object for each machine"),
    state: stateFlag,
  }),
  async run({ flags, args }, terminal, signal) {
    const { change, machines } = await wantedOf(flags, args);
    const folder = resolve(flags.state ?? defaultStateFolder());
    for (const machine of new Set(machines)) {
      const assigned = await assign(folder, machine, change, signal);
      if ("problem" in assigned) {
        throw new DrybootError(assigned.problem, {
          code: "NOT_DEPLOYED",
          where: `${folder}, ${machine}`,
          hint: assigned.hint,
        });
      }
      if (flags.json) terminal.out(JSON.stringify({ machine, ...assigned.state }));
      else for (const line of assigned.says) terminal.out(line);
    }
    return 0;
  },
});

interface Wanted {
  change: Change;
  machines: readonly string[];
}

async function wantedOf(
  flags: { back: boolean; group?: string | undefined; site?: string | undefined },
  {
    IMAGE: image,
    MACHINES: named = [],
  }: { IMAGE?: string | undefined; MACHINES?: readonly string[] | undefined },
): Promise<Wanted> {
  const first = image === undefined ? [] : [image];
  const members = await machinesOfGroup(flags.group, flags.site);
  const machines = [...(flags.back ? first : []), ...named, ...members];
  if (!flags.back && image === undefined)
    throw usageError("IMAGE is missing", "dryboot deploy", "name an image of the site, and machines");
  if (machines.length === 0)
    throw usageError("no machine is named", "dryboot deploy", "name machines, or --group and --site");
  return { change: flags.back ? { slot: "back" } : { deploy: image ?? "" }, machines };
}

async function machinesOfGroup(group: string | undefined, name: string | undefined): Promise<string[]> {
  if (group === undefined) return [];
  if (name === undefined)
    throw usageError("--group needs --site", "dryboot deploy", "name the site that the group is in");
  const { site } = await loadSite(name);
  if (!Object.hasOwn(site.groups, group)) {
    throw usageError(
      `the site has no group \`${group}\``,
      `--group ${group}`,
      suggest(group, Object.keys(site.groups)),
    );
  }
  return membersOf(group, site);
}

/** Who uses the group, also by way of another. */
export function membersOf(group: string, { machines, groups }: Pick<Site, "machines" | "groups">): string[] {
  return machines
    .filter(({ use }) => groupLayers(groups, use, []).some(({ path: [, name] }) => name === group))
    .map(({ name }) => name);
}
