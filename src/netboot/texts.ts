import { autoexecFor, isAutoexec } from "../boot/autoexec.ts";
import type { ConfigWorld } from "../boot/loader-config.ts";
import { loaderConfigFor } from "../boot/loader-config.ts";
import type { Plan } from "../boot/plan.ts";
import type { ServedFile } from "../core/served-file.ts";
import { textFile } from "../core/served-file.ts";
import type { Recorder } from "../core/timeline.ts";
import type { NetbootFacts } from "../facts.ts";

/** What is asked to answer. */
export interface TextsWorld {
  /** The site and its images as they are now, and who has which address. */
  config(): ConfigWorld;
  /** Resolves when it is remembered that a machine was told this by its loader's configuration. */
  handed(plan: Plan): Promise<void>;
  timeline: Recorder<NetbootFacts>;
  /** What is there for everybody: images, loaders, and files of the user's own. */
  named(path: string): ServedFile | undefined | Promise<ServedFile | undefined>;
  /** The user's own alone. */
  inRoot(path: string): Promise<ServedFile | undefined>;
}

/** The file of this name for who asks from an address: made for that machine, else what is there for everybody. */
export async function fileFor(
  path: string,
  from: string,
  world: TextsWorld,
): Promise<ServedFile | undefined> {
  if (isAutoexec(path)) return await autoexec(path, from, world);
  // What PXELINUX and GRUB are told to boot.
  const known = world.config();
  const config = loaderConfigFor(path, from, known);
  if (!config) return await world.named(path);
  // In another's name nothing is remembered: anybody may ask for any configuration.
  if (config.plan && known.macAt(from) === config.mac) await world.handed(config.plan);
  return textFile(config.text);
}

/** For an iPXE that asks before it does anything else. A file of the user's own is served where ours is not wanted. */
async function autoexec(
  file: string,
  from: string,
  { config, timeline, inRoot }: TextsWorld,
): Promise<ServedFile | undefined> {
  const { site, macAt } = config();
  const mac = macAt(from);
  const { script, reason } = autoexecFor(mac, site);
  const own = script === undefined ? await inRoot(file) : undefined;
  timeline.record("autoexec.answered", {
    ...{ from, file, script: script !== undefined || own !== undefined },
    ...(mac === undefined ? {} : { mac }),
    reason: own ? "it is a file of `tftp.root`" : reason,
  });
  return script === undefined ? own : textFile(script);
}
