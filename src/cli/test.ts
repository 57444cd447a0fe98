import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { styleText } from "node:util";
import * as z from "zod";
import { ipxeReleases } from "../boot/known-loaders.ts";
import { DrybootError } from "../core/errors.ts";
import { storeFolder } from "../core/folders.ts";
import { requireNamespaces } from "../host/require-namespaces.ts";
import { alpineStandin } from "../images/alpine/standin/recipe.ts";
import { debianInstaller } from "../images/debian/installer.ts";
import { fetchLoaders } from "../images/loader-files.ts";
import { mirrorsHere } from "../images/mirrors.ts";
import { nixosStandin } from "../images/nixos/standin.ts";
import type { ImageRecipe } from "../images/recipe.ts";
import { recipeFor } from "../images/recipes.ts";
import { rescue, rescueArm64 } from "../images/rescue.ts";
import type { OpenedImage } from "../images/store.ts";
import { StoreHolds } from "../images/store-holds.ts";
import type { LaneHost } from "../lab/lane-host.ts";
import { requireLane } from "../lab/lane-host.ts";
import type { LaneName } from "../lab/lanes.ts";
import { laneNames } from "../lab/lanes.ts";
import { loadSite } from "../site/load.ts";
import { readTally, runScenarios } from "../test/run-scenarios.ts";
import type { ScenarioHost } from "../test/scenario-host.ts";
import { scenarioHostVariable } from "../test/scenario-host.ts";
import type { Tally } from "../test/vitest-run.ts";
import { addTallies, runVitest } from "../test/vitest-run.ts";
import { command } from "./command.ts";
import { ensureRecipe, laneSearch, prepareImages } from "./prepare.ts";
import { ensureHost, tryLaneNeeds } from "./setup.ts";

const projects = ["unit", "scenarios", "commands"] as const;

export const test = command({
  name: "test",
  summary: "Run the tests: units, then scenarios that boot machines, then commands as a person runs them",
  details:
    "  unit       beside the code; no machine boots\n" +
    "  scenarios  boot machines inside the lab's namespaces (scenarios/*.scenario.ts)\n" +
    "  commands   run dryboot itself, and look at what it leaves behind (scenarios/commands/*.scenario.ts)\n\n" +
    "NAMES choose test files by a part of their path: `dryboot test bios-pxe`. The last line counts all tests. Exit\n" +
    "codes: 0 all passed, 1 some failed, 2 wrong usage or something is missing, 130 interrupted.",
  positionals: [
    { name: "NAMES", describe: "Only test files whose path holds one of these", optional: true, many: true },
  ],
  flags: z.strictObject({
    only: z.enum(projects).optional().describe("Only one of the three kinds"),
    jobs: z.coerce
      .number()
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe("How many scenario files at a time (default: as many as there are processors)"),
    heavy: z
      .boolean()
      .optional()
      .describe("Also scenarios that take many minutes: they build whole systems, or install one"),
    update: z.boolean().optional().describe("Keep screens that differ as new references (scenarios/screens)"),
  }),
  async run({ flags, args }, terminal, signal) {
    await using cleanup = new AsyncDisposableStack();
    const scratch = await mkdtemp(join(tmpdir(), "dryboot-test-"));
    cleanup.defer(() => rm(scratch, { recursive: true, force: true }));
    const holds = cleanup.use(new StoreHolds(storeFolder()));

    const wanted = flags.only === undefined ? projects : [flags.only];
    const filters = args.NAMES ?? [];
    const host = join(scratch, "host.json");
    if (wanted.some((project) => project !== "unit")) {
      await ensureHost(terminal, signal);
      await tryLaneNeeds(terminal, signal);
      await writeFile(host, JSON.stringify(await scenarioHost(flags, holds, terminal, signal)));
    }
    const tallies: Tally[] = [];
    for (const project of wanted) {
      const run = {
        project,
        filters,
        output: join(scratch, `${project}.json`),
        // What runs side by side speaks to us, not to the terminal.
        env: { [scenarioHostVariable]: host, ...(terminal.isTTY ? { FORCE_COLOR: "1" } : {}) },
      };
      terminal.out(styleText("bold", `\n${project}`));
      if (project === "scenarios") {
        const print = (text: string) => terminal.out(text);
        tallies.push(...(await runScenarios(run, { jobs: flags.jobs ?? guestsAtOnce(), signal, print })));
        continue;
      }
      await runVitest(run, signal);
      signal.throwIfAborted();
      tallies.push(await readTally(run.output));
    }
    const sum = addTallies(tallies);
    if (sum.passed + sum.failed + sum.skipped === 0) throw noTests(filters);
    terminal.out(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
    return sum.failed > 0 ? 1 : 0;
  },
});

function noTests(filters: readonly string[]): DrybootError {
  return new DrybootError("no test was run", {
    code: "NO_TESTS",
    where: filters.length > 0 ? `dryboot test ${filters.join(" ")}` : "dryboot test",
    hint: "name a part of a test file's path: `ls scenarios scenarios/commands` shows them",
    exitCode: 2,
  });
}

/** What scenarios need of this host, found once; every image they boot is built before the first of them begins. */
async function scenarioHost(
  { update = false, heavy = false }: { update?: boolean | undefined; heavy?: boolean | undefined },
  holds: StoreHolds,
  terminal: Parameters<typeof ensureHost>[0],
  signal: AbortSignal,
): Promise<ScenarioHost> {
  await requireNamespaces(signal);
  const lanes = await lanesHere(await laneSearch(terminal, signal));
  const mirrors = mirrorsHere();
  const alpine = alpineStandin({ branch: "v3.19", flavor: "virt" });
  const images: Record<string, OpenedImage> = {
    rescue: await ensureRecipe(rescue, { holds }, terminal, signal),
    "debian-installer": await ensureRecipe(debianInstaller(), { holds }, terminal, signal),
    "nixos-standin": await ensureRecipe(nixosStandin("systemd"), { holds }, terminal, signal),
    "nixos-standin-scripted": await ensureRecipe(nixosStandin("scripted"), { holds }, terminal, signal),
    // Of no use to a machine that reaches no mirror.
    ...(mirrors.some(([name]) => name === "alpine") && {
      [alpine.name]: await ensureRecipe(alpine, { holds }, terminal, signal),
      ...(await imagesOfSite("alpine-initramfs", holds, terminal, signal)),
    }),
    ...(lanes.lanes["arm64-uefi"] && {
      "rescue-arm64": await ensureRecipe(rescueArm64, { holds }, terminal, signal),
    }),
  };
  if (heavy) {
    for (const recipe of await heavyRecipes())
      images[recipe.name] = await ensureRecipe(recipe, { holds }, terminal, signal);
  }
  await fetchScenarioLoaders(terminal, signal);
  return { ...lanes, images, mirrors, store: storeFolder(), updateScreens: update, heavy };
}

/** The images of sites that take minutes to build or to boot. */
async function heavyRecipes(): Promise<ImageRecipe[]> {
  const sites = await Promise.all(["debian-live"].map((name) => loadSite(name)));
  return sites.flatMap(({ site }) => Object.values(site.images).map(recipeFor));
}

/** Every image of a site in `lab/`, by the names of their recipes. */
async function imagesOfSite(
  name: string,
  holds: StoreHolds,
  terminal: Parameters<typeof ensureHost>[0],
  signal: AbortSignal,
): Promise<ScenarioHost["images"]> {
  const { site } = await loadSite(name);
  const images = await prepareImages(site, Object.keys(site.images), { holds }, terminal, signal);
  return Object.fromEntries(images.map(([, image]) => [image.name, image]));
}

/** What sites of scenarios may name; where one cannot be had, the scenarios that boot by it say so. */
async function fetchScenarioLoaders(
  terminal: Parameters<typeof ensureHost>[0],
  signal: AbortSignal,
): Promise<void> {
  const releases = ipxeReleases.map(({ version }) => `ipxe-${version}/snponly.efi`);
  for (const names of [["pxelinux.0", "lpxelinux.0", "grubnetx64.efi"], ...releases.map((name) => [name])]) {
    try {
      await fetchLoaders({ names }, { signal });
    } catch (error) {
      if (!(error instanceof DrybootError)) throw error;
      terminal.err(`no ${names.join(", ")} for the scenarios: ${error.message}`);
    }
  }
}

/** Every lane with what this host runs it with, or why it cannot. */
async function lanesHere(
  search: Parameters<typeof requireLane>[1],
): Promise<Pick<ScenarioHost, "lanes" | "notHere">> {
  const lanes: Partial<Record<LaneName, LaneHost>> = {};
  const notHere: Partial<Record<LaneName, string>> = {};
  for (const name of laneNames) {
    try {
      lanes[name] = await requireLane(name, search);
    } catch (error) {
      if (!(error instanceof DrybootError)) throw error;
      notHere[name] = `${error.message} (${error.hint})`;
    }
  }
  return { lanes, notHere };
}

/** One guest for each processor, and one for small machines: a guest that waits for one measures its clock wrongly. */
function guestsAtOnce(): number {
  return availableParallelism();
}
