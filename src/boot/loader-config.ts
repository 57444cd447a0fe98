import { DrybootError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import { formatDuration } from "../core/units.ts";
import type { NetbootClient } from "../dhcp/client.ts";
import { imagePath } from "./boot-paths.ts";
import type { BootSite } from "./boot-site.ts";
import type { ConfigName, ConfigOwner } from "./config-names.ts";
import { parseConfigName, swappedUuid } from "./config-names.ts";
import {
  grubWordProblem,
  printGrub,
  printGrubByMac,
  printGrubLocal,
  printGrubNotice,
} from "./grub-config.ts";
import type { BootImage } from "./kernel-command-line.ts";
import { badCommandLine, checkLength, plainCommandLine } from "./kernel-command-line.ts";
import { knownLoader, loaderKind } from "./known-loaders.ts";
import type { Loop } from "./loop.ts";
import type { ImagePlan, Plan, StateOf } from "./plan.ts";
import { planFor } from "./plan.ts";
import {
  printPxelinux,
  printPxelinuxLocal,
  printPxelinuxNotice,
  pxelinuxWordProblem,
} from "./pxelinux-config.ts";
import { marker } from "./script-address.ts";

/** Who asks for a configuration, as far as the address of the request tells. */
export type ConfigAsker = Readonly<{ address: string; mac?: string }>;

/** All that a configuration depends on. */
export interface ConfigWorld {
  site: BootSite;
  images: ReadonlyMap<string, BootImage>;
  /** Who has an address now. */
  macAt(address: string): string | undefined;
  /** What a machine is going round in, if it is. */
  loaderLoop(mac: string): Loop | undefined;
  /** What is remembered of a machine, where anything is. */
  stateOf?: StateOf;
}

/**
 * A configuration file as it is served; `mac` is whom it is for, where that is known. `boots` is what it boots, `failed`
 * why it boots nothing, `plan` what takes a turn of the machine when it is handed out.
 */
export type LoaderConfig = Readonly<{
  text: string;
  mac?: string;
  boots?: Readonly<{ image: string; commandLine: readonly string[] }>;
  failed?: string;
  plan?: Plan;
}>;

/**
 * The configuration for PXELINUX or GRUB that a path asks for, by the same plan that answers its firmware's DHCP
 * request; undefined where the path is no such name, or the plan does not boot that machine by that loader.
 */
export function loaderConfigFor(path: string, address: string, world: ConfigWorld): LoaderConfig | undefined {
  const name = parseConfigName(path);
  if (name === undefined) return undefined;
  const client = clientOf(name.owner, address, world);
  if (client === undefined) return redirection(name, path, world.site);
  const plan = planOf(name.loader, client, world);
  if (plan === undefined) return undefined;
  const taken = plan.loop ? {} : { plan };
  return { ...configOf(name.loader, plan, address, world), ...taken, mac: client.mac };
}

function clientOf(
  owner: ConfigOwner,
  address: string,
  { site, macAt }: ConfigWorld,
): Pick<NetbootClient, "mac" | "uuid"> | undefined {
  if ("mac" in owner) return owner;
  if ("uuid" in owner) {
    const known = site.machines.find(({ uuid }) => uuid === owner.uuid || uuid === swappedUuid(owner.uuid));
    return (
      known && { mac: macAt(address) ?? known.mac, ...(known.uuid === undefined ? {} : { uuid: known.uuid }) }
    );
  }
  const mac = macAt("address" in owner ? owner.address : address);
  return mac === undefined ? undefined : { mac };
}

/** GRUB of Debian's build asks for `grub.cfg` alone: whoever has an address of another server's is asked its MAC. */
function redirection(
  { loader, owner }: ConfigName,
  path: string,
  { loaders }: BootSite,
): LoaderConfig | undefined {
  const names = [loaders.x64, loaders.arm64, loaders.ia32];
  const uses = names.some((file) => file !== undefined && loaderKind(file) === "grub");
  const folder = `/${path.slice(0, path.lastIndexOf("/") + 1)}`;
  if (loader !== "grub" || !("anybody" in owner) || !uses || !/^[\w./-]+$/.test(folder)) return undefined;
  return { text: printGrubByMac(folder) };
}

/** Option 93 of whom such a loader may have been given to, the usual first. */
const architecturesOf = { pxelinux: [0], grub: [7, 11, 6] } as const;

type LoaderPlan = Extract<Plan, { step: "loader" }>;

function planOf(
  loader: ConfigName["loader"],
  client: Pick<NetbootClient, "mac" | "uuid">,
  { site, loaderLoop, stateOf }: ConfigWorld,
): (LoaderPlan & { loop?: Loop }) | undefined {
  const loop = loaderLoop(client.mac);
  for (const architecture of architecturesOf[loader]) {
    const firmware = {
      ...client,
      htype: 1,
      vendorClass: "PXEClient",
      userClasses: [],
      architectures: [architecture],
    };
    const plan = planFor(firmware, site, loop, stateOf);
    if (plan.step === "loader" && loaderKind(plan.dhcp.file) === loader)
      return loop ? { ...plan, loop } : plan;
  }
  return undefined;
}

function configOf(
  loader: ConfigName["loader"],
  plan: LoaderPlan & { loop?: Loop },
  address: string,
  world: ConfigWorld,
): Omit<LoaderConfig, "mac" | "plan"> {
  const who = plan.machine?.name ?? plan.client.mac;
  const { image: name, turn } = plan;
  const notice = loader === "pxelinux" ? printPxelinuxNotice : printGrubNotice;
  const failed = (why: string) => ({
    failed: why,
    text: notice([`${marker}: boot failed: ${why}`, `${marker}: going back to the firmware`]),
  });
  if (plan.loop) return { text: notice(goesRound(who, plan.loop)) };
  if (turn?.boot === "local") {
    const local = loader === "pxelinux" ? printPxelinuxLocal : printGrubLocal;
    return { text: local([`${marker}: ${who}: ${turn.note}`]) };
  }
  if (name === undefined) return failed("no image is named for it, and menus and boot APIs need an iPXE");
  const image = world.images.get(name);
  if (image === undefined) return failed(`image ${name} is not in the store`);
  try {
    return bootConfig(loader, { ...plan, image: name }, image, address, world.site);
  } catch (error) {
    if (!(error instanceof DrybootError)) throw error;
    return failed(error.message);
  }
}

function bootConfig(
  loader: ConfigName["loader"],
  plan: ImagePlan & LoaderPlan,
  image: BootImage,
  address: string,
  site: BootSite,
): Omit<LoaderConfig, "mac" | "plan"> {
  const { turn } = plan;
  const say = [
    ...(turn?.note === undefined ? [] : [`${marker}: ${turn.note}`]),
    `${marker}: booting ${plan.image}${plan.machine ? ` on ${plan.machine.name}` : ""}`,
  ];
  const words = plainCommandLine(plan, image, site, address);
  const path = (file: { name: string }) => imagePath(plan.image, file.name);
  const boots = { image: plan.image, commandLine: words };
  if (loader === "grub") {
    check(plan.image, words, grubWordProblem);
    const from = { server: site.server, http: URL.parse(site.http)?.port === "" };
    const files = { ...from, kernel: path(image.kernel), initrds: image.initrds.map(path) };
    checkLength(plan.image, [`BOOT_IMAGE=(http,${site.server})/${files.kernel}`, ...words].join(" ").length);
    return { boots, text: printGrub({ say, ...files, commandLine: words }) };
  }
  // What an iPXE is given by this name PXELINUX would fetch; and the NIC that booted it says by itself.
  const own = words.filter((word) => !word.startsWith("BOOTIF=01-") && !word.startsWith("initrd="));
  check(plan.image, own, pxelinuxWordProblem);
  const http = knownLoader(plan.dhcp.file)?.http ?? false;
  const at = (file: { name: string }) => `${http ? `${site.http}/` : "::"}${path(file)}`;
  const serial = serialOf(own);
  const files = { kernel: at(image.kernel), initrds: image.initrds.map(at) };
  // It adds these and a space more, by trial; it cuts off what is a byte too long, and boots nothing that is longer.
  const added = [
    `BOOT_IMAGE=${files.kernel}`,
    `initrd=${files.initrds.join(",")}`,
    "BOOTIF=01-00-00-00-00-00-00",
  ];
  checkLength(plan.image, [...added, ...own].join(" ").length + 1);
  const text = printPxelinux({
    ...{ say, ...files, commandLine: own },
    ...(serial ? { serial } : {}),
  });
  return { boots, text };
}

function check(
  image: string,
  words: readonly string[],
  problemOf: (word: string) => string | undefined,
): void {
  for (const word of words) {
    const problem = problemOf(word);
    if (problem !== undefined) throw badCommandLine(image, `${JSON.stringify(word)} ${problem}`);
  }
}

/** The serial line that becomes Linux's console, so that what comes before it is seen there too. */
function serialOf(words: readonly string[]): { port: number; baud: number } | undefined {
  const found = words.map((word) => /^console=ttyS([0-3])(?:,(\d{3,6}))?/.exec(word));
  const [, port, baud] = found.findLast((match) => match !== null) ?? [];
  return port === undefined ? undefined : { port: Number(port), baud: Number(baud ?? 115_200) };
}

function goesRound(who: string, { file, times, withinMs, problem }: Loop): string[] {
  return [
    `${marker}: boot failed: it goes round in circles: ${who} fetched ${file} ${times} times within ${formatDuration(withinMs)}, and no kernel`,
    ...(problem === undefined ? [] : [`${marker}: the last problem was: ${printable(problem)}`]),
    `${marker}: on the server, this says what happened: dryboot logs --boots --machine ${who}`,
  ];
}
