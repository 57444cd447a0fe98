/** The part of `dryboot boot` that runs inside the lab's namespaces: one boot of one machine, from power-on to ready. */

import { DrybootError, formatError } from "../core/errors.ts";
import { jsonLine } from "../core/printable.ts";
import type { Fact } from "../core/timeline.ts";
import { Timeline } from "../core/timeline.ts";
import { lastLines } from "../lab/console.ts";
import { directKernelFor } from "../lab/direct-kernel.ts";
import type { BootFacts } from "../lab/facts.ts";
import { Lab } from "../lab/lab.ts";
import { labMirrors } from "../lab/lab-mirrors.ts";
import { lanes } from "../lab/lanes.ts";
import type { Machine } from "../lab/machine.ts";
import { userlandReady } from "../lab/userland.ts";
import { overlayFiles } from "../netboot/overlay-files.ts";
import { resolveSite } from "../site/resolve.ts";
import { fileRoles } from "../trace/file-roles.ts";
import { laneProblem } from "../trace/lane-check.ts";
import { standsIn } from "../trace/transactions.ts";
import { whatRan } from "../trace/what-ran.ts";
import { attachConsole } from "./attach-console.ts";
import type { BootJob } from "./boot-job.ts";
import { aboutBoot, readyLine, summaryOf } from "./boot-summary.ts";
import { BootView } from "./boot-view.ts";
import { streamTerminal } from "./terminal.ts";

export async function inside(job: BootJob, signal: AbortSignal): Promise<number> {
  const { NO_COLOR, TERM } = process.env;
  const terminal = streamTerminal(process.stdout, process.stderr, { colours: !NO_COLOR && TERM !== "dumb" });
  const site = resolveSite(job.site);
  const chosen = site.machines.find(({ name }) => name === job.machine);
  const image = job.images.find(([name]) => name === chosen?.image)?.[1];
  const choice = chosen?.image === undefined ? undefined : site.choices.get(chosen.image);
  if (!chosen || !image || !choice)
    throw new Error(`the job has no machine ${job.machine}, or nothing to boot on it`);

  const timeline = new Timeline<BootFacts>();
  const roleOf = fileRoles(
    job.images,
    job.loaders.map(([name]) => name),
  );
  let machine: Machine | undefined;
  using view = new BootView(job.json ? undefined : terminal, chosen, roleOf, {
    lastLines: (count) => (machine ? lastLines(machine.console.text, count) : []),
    now: () => timeline.now(),
  });
  using _showing = timeline.subscribe((fact) => {
    view.show(fact);
    if (job.json) terminal.out(jsonLine(fact));
  });
  const summarize = () => {
    view.end();
    if (job.json) return;
    for (const line of summaryOf(job, timeline.facts(), chosen, roleOf, image, terminal.columns))
      terminal.out(line);
  };
  await using lab = await Lab.open(
    {
      site: site.name,
      address: `${site.boot.server}/${site.dhcp.subnet.prefixLength}`,
      lanes: job.lanes,
      folder: job.folder,
      about: aboutBoot(job, chosen, image),
    },
    {
      ...{ timeline, signal, phase: () => view.phase },
      stands: () => standsIn(timeline.facts(), chosen, roleOf, timeline.now()),
    },
  );
  await lab.netboot({
    site: site.boot,
    dhcp: site.dhcp,
    dns: site.dns,
    syslog: site.syslog,
    tftp: site.tftp,
    images: new Map(job.images),
    loaders: new Map(job.loaders),
    machineFiles: await overlayFiles(site.boot),
    mirrors: labMirrors(job.mirrors),
  });
  const direct = job.direct
    ? await directKernelFor(chosen, { boot: site.boot, images: new Map(job.images) }, job.folder)
    : undefined;
  machine = await lab.machine({ ...chosen, lane: job.lane, ...(direct && { direct }) });
  let code = 0;
  using _cut = timeline.subscribe((fact) => {
    if (fact.type === "trace.cut") terminal.err(`note: the record of this run ends here: ${fact.reason}`);
  });
  try {
    await machine.powerOn();
    await machine.isUp(userlandReady[choice.recipe], `${site.lab.bootTimeoutMs}ms`);
    if (!job.direct) checkLane(job, timeline.facts(), chosen, roleOf);
    await lab.screenshot(machine);
    summarize();
    if (!job.json) terminal.out(readyLine(timeline.facts(), chosen, roleOf));
  } catch (error) {
    view.end();
    signal.throwIfAborted();
    await lab.screenshot(machine);
    summarize();
    terminal.err(`\n${formatError(error)}`);
    code = 1;
  }
  if (job.keep) await attachConsole(machine, terminal, signal, { quiet: job.json });
  return code;
}

/** A boot that came through by another client than the lane promises has proven something else. */
function checkLane(
  job: BootJob,
  facts: readonly Fact<BootFacts>[],
  machine: { name: string; mac: string },
  roleOf: ReturnType<typeof fileRoles>,
): void {
  const lane = lanes[job.lane];
  const problem = laneProblem(lane, whatRan(facts, machine, roleOf));
  if (problem === undefined) return;
  throw new DrybootError(`${machine.name} came up, but not by the lane ${job.lane}: ${problem}`, {
    code: "LANE_NOT_RUN",
    where: `lane ${job.lane}: ${lane.says}`,
    hint: "this host's firmware or option ROMs differ from what the lane expects: compare `./dryboot doctor`",
  });
}
