import { readFile } from "node:fs/promises";
import { DrybootError } from "../core/errors.ts";
import type { OpenedImage } from "../images/store.ts";
import type { LaneHosts } from "../lab/lane-host.ts";
import type { LaneName } from "../lab/lanes.ts";

/** What scenarios are given: found and built by `dryboot test` before they run, because inside there is no way out. */
export interface ScenarioHost {
  lanes: LaneHosts;
  /** Why the other lanes do not run here. */
  notHere: Readonly<Partial<Record<LaneName, string>>>;
  /** By the names of their recipes; those that machines of a lane that runs here can boot. */
  images: Readonly<Record<string, OpenedImage | undefined>>;
  /** Folders that are copies of package mirrors, by the names they are served under. */
  mirrors: readonly (readonly [string, string])[];
  /** Holds the loaders too that a scenario's site names and this host has not installed. */
  store: string;
  /** Whether screens that differ from their references become the new ones. */
  updateScreens: boolean;
  /** Whether scenarios that take many minutes run too. */
  heavy: boolean;
}

/** Names the file that holds it, for the test processes. */
export const scenarioHostVariable = "DRYBOOT_SCENARIO_HOST";

export async function readScenarioHost(): Promise<ScenarioHost> {
  const path = process.env[scenarioHostVariable];
  if (path) return JSON.parse(await readFile(path, "utf8")) as ScenarioHost;
  throw new DrybootError("scenarios need what `dryboot test` prepares for them", {
    code: "SCENARIO_ALONE",
    where: "vitest",
    hint: "run `./dryboot test NAME` instead of calling vitest",
    exitCode: 2,
  });
}
