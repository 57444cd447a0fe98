import { styleText } from "node:util";
import * as z from "zod";
import { architectureName } from "../dhcp/architectures.ts";
import type { LaneVerdict } from "../lab/lane-host.ts";
import { judgeLane } from "../lab/lane-host.ts";
import type { LaneName } from "../lab/lanes.ts";
import { laneNames, lanes as laneTable } from "../lab/lanes.ts";
import { command } from "./command.ts";
import { laneSearch } from "./prepare.ts";
import { table } from "./table.ts";

export const lanes = command({
  name: "lanes",
  summary: "Show the ways a machine can boot in the lab, and which of them this host can run",
  details:
    "A lane is firmware, network card and boot path together. A boot by a lane fails when another client asked than the\n" +
    "lane promises. Nothing is fetched or installed by this command. Exit code 0.",
  flags: z.strictObject({
    json: z.boolean().default(false).describe("Print one JSON object per lane instead of a table"),
  }),
  async run({ flags }, terminal, signal) {
    const search = await laneSearch(terminal, signal);
    const judged: (readonly [LaneName, LaneVerdict])[] = [];
    for (const name of laneNames) judged.push([name, await judgeLane(name, { ...search, fetch: false })]);
    const lines = flags.json
      ? judged.map(([name, verdict]) => JSON.stringify(laneRecord(name, verdict)))
      : laneLines(judged, terminal.columns);
    for (const line of lines) terminal.out(line);
    return 0;
  },
});

/** A lane and what was found out about it, for programs. */
export function laneRecord(name: LaneName, verdict: LaneVerdict): Readonly<Record<string, unknown>> {
  const { host, ...found } = verdict.state === "runs" ? verdict : { ...verdict, host: undefined };
  return { lane: name, ...laneTable[name], ...found, ...(host && { runsWith: host.ran }) };
}

const marks: Readonly<Record<LaneVerdict["state"], string>> = {
  runs: styleText("green", "runs"),
  fetches: styleText("yellow", "fetches first"),
  missing: styleText("red", "missing"),
};

/** The matrix as a person reads it, and below each lane that does not run as it stands what it lacks. */
export function laneLines(judged: readonly (readonly [LaneName, LaneVerdict])[], columns: number): string[] {
  const rows = judged.flatMap(([name, verdict]) => {
    const { says, first, over, nics } = laneTable[name];
    const client = `${first.isIpxe ? "an iPXE" : "the firmware"}, ${architectureName(first.architecture)}, over ${over.toUpperCase()}`;
    return [
      [styleText("bold", name), marks[verdict.state], says],
      ["", "", `${styleText("dim", "asks first:")} ${client}`],
      ["", "", `${styleText("dim", "cards:     ")} ${nics.join(", ")}`],
      ...lacks(verdict).map((line) => ["", "", line]),
    ];
  });
  return table(rows, { width: columns });
}

function lacks(verdict: LaneVerdict): string[] {
  switch (verdict.state) {
    case "runs":
      return [];
    case "fetches":
      return [
        `${styleText("dim", "fetches:   ")} ${verdict.packages.join(", ")}, verified and not installed, when it is first booted`,
      ];
    case "missing":
      return verdict.missing.flatMap(({ what, mend }) => [
        `${styleText("dim", "lacks:     ")} ${what}`,
        `${styleText("dim", "to mend:   ")} ${styleText("bold", mend)}`,
      ]);
  }
}
