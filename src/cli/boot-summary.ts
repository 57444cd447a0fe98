import { relative } from "node:path";
import { styleText } from "node:util";
import type { Fact } from "../core/timeline.ts";
import { formatDuration, formatSize } from "../core/units.ts";
import { sayInputs } from "../images/manifest.ts";
import type { OpenedImage } from "../images/store.ts";
import type { BootFacts } from "../lab/facts.ts";
import type { LaneHost } from "../lab/lane-host.ts";
import { lanes } from "../lab/lanes.ts";
import type { SiteMachine } from "../site/resolve.ts";
import { countsOf } from "../trace/counts.ts";
import type { RoleOf } from "../trace/phase.ts";
import { phasesOf } from "../trace/phases.ts";
import { totalMs } from "../trace/statistics.ts";
import { tableHeader, tableOf } from "../trace/table.ts";
import { describeClient, whatRan } from "../trace/what-ran.ts";
import type { BootJob } from "./boot-job.ts";
import { table } from "./table.ts";

/** What each fidelity level means, in the words of design.md §10. */
const levels: Readonly<Record<OpenedImage["level"], string>> = {
  1: "level 1: a real kernel with a small userland of ours",
  2: "level 2: a distribution's real userland on another kernel",
  3: "level 3: the distribution's own netboot files",
};

/** Of a boot that is none over the network. */
export const directSays = "QEMU loads the kernel itself; no firmware's network boot and no loader";

/** What a run was asked to do and with what: the first line of its record. */
export function aboutBoot(job: BootJob, machine: SiteMachine, image: OpenedImage): Record<string, unknown> {
  return {
    site: job.site.name,
    machine,
    lane: job.lane,
    ...(job.direct ? { direct: true } : {}),
    ...ranBy(job),
    image: {
      name: machine.image,
      recipe: image.name,
      level: image.level,
      digest: image.digest,
      inputs: image.inputs,
    },
    loaders: Object.fromEntries(
      job.loaders.map(([name, { version, sha256 }]) => [name, { version, sha256 }]),
    ),
  };
}

/** The end of a boot's output: where the time went, and what really ran. */
export function summaryOf(
  job: BootJob,
  facts: readonly Fact<BootFacts>[],
  machine: SiteMachine,
  roleOf: RoleOf,
  image: OpenedImage,
  width: number,
): string[] {
  const phases = phasesOf(facts, machine, roleOf);
  const ran = ranBy(job);
  const rows = tableOf(phases, countsOf(facts, machine, roleOf));
  return [
    "",
    ...table([tableHeader.map((cell) => styleText("bold", cell)), ...rows], {
      indent: "  ",
      right: [1, 2, 3, 4],
    }),
    "",
    ...table(
      [
        ["machine", `${machine.name}, ${machine.nic}, ${formatSize(machine.memoryBytes)} of memory`],
        job.direct ? ["loaded", directSays] : ["lane", `${job.lane}: ${lanes[job.lane].says}`],
        ["firmware", ran.firmware],
        ...(job.direct ? [] : ranRows(job, facts, machine, roleOf)),
        ["image", `${machine.image}, ${levels[image.level]}`],
        ["", sayInputs(image.inputs).join(", ")],
        ["digest", image.digest],
        ["accelerator", ran.accelerator],
        ["qemu", ran.qemu],
        ["run", relative(process.cwd(), job.folder) || "."],
      ],
      { indent: "  ", width: width - 1 },
    ),
  ];
}

/** The last line of a boot that came up. */
export function readyLine(facts: readonly Fact<BootFacts>[], machine: SiteMachine, roleOf: RoleOf): string {
  const total = totalMs(phasesOf(facts, machine, roleOf));
  const after = total === undefined ? "" : `, ${formatDuration(total)} after power-on`;
  return styleText("green", `\n${machine.name} is ready${after}`);
}

function ranRows(
  job: BootJob,
  facts: readonly Fact<BootFacts>[],
  machine: SiteMachine,
  roleOf: RoleOf,
): string[][] {
  const ran = whatRan(facts, machine, roleOf);
  const asked = ran.clients.length > 0 ? ran.clients.map(describeClient) : ["nobody"];
  const loaders = ran.loaders.map((file) => {
    const known = job.loaders.find(([name]) => name === file)?.[1];
    return known ? `${file} ${known.version} (sha256 ${known.sha256?.slice(0, 12)})` : file;
  });
  return [
    ...asked.map((client, index) => [index === 0 ? "asked" : "then", client]),
    ...facts
      .filter((fact) => fact.type === "foreign-dhcp.started")
      .map(({ program, server }) => ["addresses", `from ${program} at ${server}, a stand-in`]),
    ["loader", loaders.join(", ") || (ran.script ? "none: the ROM's own iPXE ran the script" : "none")],
  ];
}

function ranBy({ lane, lanes: hosts }: BootJob): LaneHost["ran"] {
  return hosts[lane]?.ran ?? { qemu: "unknown", accelerator: "unknown", firmware: "unknown" };
}
