/** The part of `bench/boot.ts` that runs inside the lab's namespaces: one boot of the machine in one way, timed. */
import { writeFile } from "node:fs/promises";
import { imagePath } from "../src/boot/boot-paths.ts";
import type { LabJob } from "../src/cli/boot-job.ts";
import { Timeline } from "../src/core/timeline.ts";
import type { OpenedImage } from "../src/images/store.ts";
import type { BootFacts } from "../src/lab/facts.ts";
import { Lab } from "../src/lab/lab.ts";
import { scratchFolder } from "../src/lab/network.ts";
import { userlandReady } from "../src/lab/userland.ts";
import type { ResolvedSite, SiteMachine } from "../src/site/resolve.ts";
import { resolveSite } from "../src/site/resolve.ts";
import { fileRoles } from "../src/trace/file-roles.ts";
import { PhaseTracker } from "../src/trace/phase-tracker.ts";
import type { TimedBoot } from "./console-phases.ts";
import { timeBoot } from "./console-phases.ts";
import { startForeignServers } from "./foreign-servers.ts";
import { processCpuMs, processorWaitMs } from "./noise.ts";
import { kernelCommandLine, overTftp, scriptFor } from "./script.ts";
import type { Trial } from "./variants.ts";

export interface BenchJob extends LabJob, Trial {
  /** The boot's folder; `boot.json` in it is the result. */
  folder: string;
  /** Whether nginx is there to serve HTTP beside dnsmasq. */
  nginx: boolean;
}

export interface BootResult extends TimedBoot {
  /** Processor time QEMU used up to the login: less than the wall's is waiting, or a starved host. */
  cpuMs: number;
  /** How long of it somebody on this machine waited for a processor; absent where the kernel does not say. */
  waitMs?: number;
}

/** What is booted, and where. */
interface Subject {
  site: ResolvedSite;
  machine: SiteMachine & { ip: string };
  imageName: string;
  image: OpenedImage;
}

export async function inside(job: BenchJob, signal: AbortSignal): Promise<number> {
  const subject = subjectOf(job);
  const { site, machine } = subject;
  const timeline = new Timeline<BootFacts>();
  const tracker = new PhaseTracker(
    machine,
    fileRoles(
      job.images,
      job.loaders.map(([name]) => name),
    ),
  );
  using _following = timeline.subscribe((fact) => void tracker.feed(fact));
  await using lab = await Lab.open(
    {
      site: site.name,
      address: `${site.boot.server}/${site.dhcp.subnet.prefixLength}`,
      lanes: job.lanes,
      folder: job.folder,
      about: { bench: "boot", lane: job.lane, variant: job.variant, ran: job.lanes[job.lane]?.ran },
    },
    { timeline, signal, phase: () => tracker.current()?.phase ?? "power-on" },
  );
  await using _servers = await startServers(job, subject, lab, signal);
  const { boot } = site;
  const direct = {
    kernel: subject.image.kernel.path,
    ...(subject.image.initrds[0] ? { initrd: subject.image.initrds[0].path } : {}),
    commandLine: kernelCommandLine(scriptFor(machine.mac, subject.image, boot), machine.mac),
  };
  const vm = await lab.machine({
    ...machine,
    lane: job.lane,
    ...(job.variant === "direct" ? { direct } : {}),
  });
  const waitedBefore = await processorWaitMs();
  try {
    await vm.powerOn();
    await vm.sees(userlandReady.rescue, `${site.lab.bootTimeoutMs}ms`);
  } catch (error) {
    await lab.screenshot(vm);
    throw error;
  }
  const [started] = timeline.facts("vm.started");
  const [cpuMs, waitedAfter] = await Promise.all([processCpuMs(started?.pid ?? 0), processorWaitMs()]);
  const timed = timeBoot(timeline.facts(), machine.name, userlandReady.rescue);
  if (timed === undefined) throw new Error("the login was seen, and is not on the console");
  const waited =
    waitedBefore === undefined || waitedAfter === undefined ? {} : { waitMs: waitedAfter - waitedBefore };
  const result: BootResult = { ...timed, cpuMs, ...waited };
  await writeFile(lab.folder.file("boot.json"), `${JSON.stringify(result)}\n`);
  return 0;
}

function subjectOf(job: BenchJob): Subject {
  const site = resolveSite(job.site);
  const [machine] = site.machines;
  const imageName = machine?.image ?? "";
  const image = job.images.find(([name]) => name === imageName)?.[1];
  if (machine?.ip === undefined || image === undefined)
    throw new Error("the bench needs a machine with an address and an image");
  return { site, machine: { ...machine, ip: machine.ip }, imageName, image };
}

/** Ours for our own boot and for the directly started kernel, whose guest wants an address too; else the others'. */
async function startServers(
  job: BenchJob,
  { site, machine, imageName, image }: Subject,
  lab: Lab,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  switch (job.variant) {
    case "dryboot":
    case "direct":
      return await lab.netboot({
        site: site.boot,
        dhcp: site.dhcp,
        images: new Map(job.images),
        loaders: new Map(job.loaders),
      });
    case "dnsmasq":
    case "dnsmasq-ra": {
      const loaders = job.loaders.flatMap(([name, file]) =>
        "path" in file ? [[name, file.path] as const] : [],
      );
      const files = [image.kernel, ...image.initrds].map(
        ({ name, path }) => [imagePath(imageName, name), path] as const,
      );
      const boot = job.nginx ? site.boot : overTftp(site.boot);
      return await startForeignServers({
        segment: { server: boot.server, machine },
        files: [...loaders, ...files],
        script: scriptFor(machine.mac, image, boot),
        http: job.nginx,
        advertise: job.variant === "dnsmasq-ra",
        scratch: scratchFolder,
        folder: job.folder,
        signal,
      });
    }
  }
}
