import { DrybootError } from "../core/errors.ts";
import { formatDuration } from "../core/units.ts";
import { architectures as knownArchitectures } from "../dhcp/architectures.ts";
import { bootProtocolOf, clientOf } from "../dhcp/client.ts";
import type { DhcpMessage } from "../dhcp/message.ts";
import { anyAddress } from "../dhcp/message.ts";
import { formatMac } from "../wire/mac.ts";
import { imagePath } from "./boot-paths.ts";
import { refusalScript } from "./boot-script.ts";
import type { BootSite } from "./boot-site.ts";
import type { FirmwareFacts } from "./conditions.ts";
import { configNamesOf } from "./config-names.ts";
import type { AskingClient } from "./explain-clients.ts";
import { clientPresets } from "./explain-clients.ts";
import type { ShownSetting } from "./explain-settings.ts";
import { shownSettings } from "./explain-settings.ts";
import type { Word } from "./ipxe/words.ts";
import type { BootImage } from "./kernel-command-line.ts";
import { bootNic, choicesBefore, kernelCommandLine } from "./kernel-command-line.ts";
import { loaderKind } from "./known-loaders.ts";
import { loaderConfigFor } from "./loader-config.ts";
import type { Boots, ChoiceView, MenuView, NoBoot, ReadyBoot } from "./menu-view.ts";
import { menuView } from "./menu-view.ts";
import type { ImagePlan, StateOf } from "./plan.ts";
import { planFor } from "./plan.ts";
import { clientOfScript, factInAddress, scriptPath } from "./script-address.ts";
import { noMacInAddress, scriptOf, showsMenu } from "./script-for.ts";

type ImageFile = Readonly<{ name: string; sizeBytes: number }>;

/** An image as the store has it. */
export interface ExplainedImage extends BootImage {
  kernel: ImageFile;
  initrds: readonly ImageFile[];
  digest: string;
}

export type LoaderOnHost = Readonly<{ sizeBytes: number; version?: string }>;

/** What a client fetches and does after a DHCP answer. */
export type FetchStep = Readonly<
  (
    | { step: "loader"; file: string; from: string; sizeBytes?: number; version?: string }
    | {
        step: "script";
        address: string;
        text: string;
        /** What the site says to this client, each with its place; not settled where the script asks first. */
        settings?: readonly ShownSetting[];
      }
    | {
        step: "kernel";
        image: string;
        digest: string;
        files: readonly Readonly<{ address: string; sizeBytes: number }>[];
        /** As the kernel reads it, this machine's MAC filled in. */
        commandLine: string;
      }
    | { step: "menu"; says: string }
    | { step: "end"; says: string }
  ) & { warning?: string }
>;

type Served = Readonly<{
  site: BootSite;
  images: ReadonlyMap<string, ExplainedImage>;
  loaders: ReadonlyMap<string, LoaderOnHost>;
  stateOf?: StateOf;
}>;

/** What follows from a reply, until somebody has to ask by DHCP again. */
export function stepsAfter(
  reply: DhcpMessage,
  request: DhcpMessage,
  served: Served,
  told: Pick<AskingClient, "facts" | "address"> = {},
): FetchStep[] {
  // EDK2 and iPXE take option 67 before the header's field, and the server from `siaddr` alone.
  const file = reply.options.bootfileName ?? reply.file;
  if (file === "") return [{ step: "end", says: nothingToBoot(request, reply, served.site) }];
  const scripts = `${served.site.http}/${scriptPath}?`;
  if (file.startsWith(scripts))
    return scriptSteps(
      file,
      { mac: formatMac(request.chaddr), address: told.address ?? reply.yiaddr, facts: told.facts ?? {} },
      served,
    );
  const asker = { mac: formatMac(request.chaddr), address: told.address ?? reply.yiaddr };
  const loader = loaderStep(file, reply.siaddr, served);
  return [loader, ...configSteps(file, reply.siaddr, asker, served)];
}

/** What PXELINUX and GRUB are told and boot; nothing for other loaders. */
function configSteps(
  loader: string,
  server: string,
  { mac, address }: Pick<ScriptAsker, "mac" | "address">,
  { site, images, stateOf }: Served,
): FetchStep[] {
  const kind = loaderKind(loader);
  if (kind === undefined || kind === "ipxe") return [];
  const [path = ""] = configNamesOf(kind, mac);
  const world = { site, images, macAt: () => mac, loaderLoop: () => undefined, ...(stateOf && { stateOf }) };
  const config = loaderConfigFor(path, address, world);
  if (!config) return [];
  const script: FetchStep = { step: "script", address: `tftp://${server}/${path}`, text: config.text };
  const { boots, failed = "nothing" } = config;
  const image = boots && images.get(boots.image);
  if (!boots || !image)
    return [script, { step: "end", says: `it boots nothing: ${failed}`, warning: failed }];
  const files = [image.kernel, ...image.initrds].map((file) => ({
    address: `${site.http}/${imagePath(boots.image, file.name)}`,
    sizeBytes: file.sizeBytes,
  }));
  const commandLine = boots.commandLine.join(" ");
  return [script, { step: "kernel", image: boots.image, digest: image.digest, files, commandLine }];
}

function nothingToBoot(request: DhcpMessage, reply: DhcpMessage, site: BootSite): string {
  if (reply.yiaddr === anyAddress && reply.siaddr !== anyAddress) {
    return `it is told to ask the boot server at ${reply.siaddr}, port 4011, for its boot file`;
  }
  const client = clientOf(request);
  if (bootProtocolOf(client) === undefined) return "it wanted an address and has one: it is no firmware";
  const plan = planFor(client, site);
  const why = plan.step === "none" ? `: ${plan.reason}` : "";
  return `it is given no boot file${why}; firmware goes on to its next boot device`;
}

function loaderStep(file: string, server: string, { site, loaders }: Served): FetchStep {
  const http = file.startsWith(`${site.http}/`);
  const name = http ? file.slice(site.http.length + 1) : file;
  const step = { step: "loader", file: name, from: http ? file : `tftp://${server}/${name}` } as const;
  const found = loaders.get(name);
  if (found) return { ...step, ...found };
  return {
    ...step,
    warning: `the loader ${name} is not on this host: whoever is told to fetch it gets an error`,
  };
}

type ScriptAsker = Readonly<{ mac: string; address: string; facts: FirmwareFacts }>;

function scriptSteps(address: string, asker: ScriptAsker, served: Served): FetchStep[] {
  const { site, images, stateOf } = served;
  const query = new URL(address).searchParams;
  const from = asker.address === anyAddress ? {} : { address: asker.address };
  try {
    const client = clientOfScript(query, from.address);
    if (!client) return [{ step: "script", address, text: refusalScript(noMacInAddress) }];
    const plan = planFor(client, site, undefined, stateOf);
    const text = scriptOf(plan, site, images);
    if (plan.step !== "script") return [{ step: "script", address, text }];
    if (plan.ask) {
      const told = plan.ask.map((fact) => `&${fact}=${factInAddress(asker.facts[fact] ?? "")}`).join("");
      return [{ step: "script", address, text }, ...scriptSteps(address + told, asker, served)];
    }
    const script: FetchStep = { step: "script", address, text, settings: shownSettings(plan.settings) };
    if (plan.turn?.boot === "local") {
      return [script, { step: "end", says: `${plan.machine?.name}: ${plan.turn.note}` }];
    }
    if (site.menu && showsMenu(plan, site)) {
      return [script, ...afterMenu(menuView(plan, site.menu, site, images), asker.mac, served)];
    }
    if (plan.image === undefined) {
      return [
        script,
        { step: "end", says: "the boot API is asked; this is its script when it names nothing" },
      ];
    }
    const image = images.get(plan.image);
    if (image) {
      const boots = { ...plan, image: plan.image };
      return [script, kernelStep(boots, kernelCommandLine(boots, image, site), asker.mac, served)];
    }
    const says = `image ${plan.image} is not in the store: the script says so and goes back to the firmware`;
    return [script, { step: "end", says, warning: `image ${plan.image} is not in the store` }];
  } catch (error) {
    if (!(error instanceof DrybootError)) throw error;
    return [{ step: "end", says: `there is no script: ${error.message}`, warning: error.message }];
  }
}

/** What happens in front of a menu when nobody is there. */
function afterMenu(
  { pages, choices, preselected, timeoutMs }: MenuView,
  mac: string,
  served: Served,
): FetchStep[] {
  const row = pages
    .flatMap(({ rows }) => rows)
    .find((each) => each.row === "item" && each.label === preselected);
  if (row?.row !== "item" || timeoutMs === undefined) {
    return [{ step: "end", says: "it shows the menu and waits for somebody to choose" }];
  }
  const alone = `it shows the menu; left alone for ${formatDuration(timeoutMs)}, it takes "${row.text}"`;
  const boot = row.does.do === "boot" ? bootsByDefault(row.does.boots, choices) : undefined;
  if (boot === undefined) return [{ step: "end", says: alone }];
  if ("reason" in boot) return [{ step: "end", says: `${alone}, and ${boot.reason}`, warning: boot.reason }];
  return [{ step: "menu", says: alone }, kernelStep(boot.plan, boot.words, mac, served)];
}

function bootsByDefault(boots: Boots, choices: readonly ChoiceView[]): ReadyBoot | NoBoot {
  if ("one" in boots) return boots.one;
  const { options = [], begins } = choices.find(({ name }) => name === boots.choice) ?? {};
  const value = options[begins?.option ?? -1]?.value;
  const found = boots.is.find((each) => each.value === value);
  return found?.boot ?? { reason: `no image is named for this ${boots.choice}` };
}

function kernelStep(plan: ImagePlan, words: readonly Word[], mac: string, served: Served): FetchStep {
  const { site, images } = served;
  const image = images.get(plan.image);
  const files = (image ? [image.kernel, ...image.initrds] : []).map((file) => ({
    address: `${site.http}/${imagePath(plan.image, file.name)}`,
    sizeBytes: file.sizeBytes,
  }));
  const known = { [bootNic]: mac.replaceAll(":", "-"), ...choicesBefore(plan, site) };
  const commandLine = words.map((word) => readAs(word, known)).join(" ");
  return { step: "kernel", image: plan.image, digest: image?.digest ?? "", files, commandLine };
}

/** A word as the kernel reads it; what only iPXE knows stays as the script has it. */
function readAs(word: Word, known: Readonly<Record<string, string | undefined>>): string {
  if (typeof word === "string") return word;
  return word
    .map((piece) => (typeof piece === "string" ? piece : (known[piece.setting] ?? `\${${piece.setting}}`)))
    .join("");
}

/** The file names of iPXE's own build, as every distribution keeps them. */
const ipxeFile = /^(.*\/)?(ipxe|undionly|snponly|snp)[\w.-]*$/;

/** The iPXE that a loader step started, and how it asks; undefined when nobody is known to ask next. */
export function ipxeLoadedBy(
  steps: readonly FetchStep[],
  before: AskingClient,
): { client: AskingClient; who: string } | undefined {
  const [loader] = steps;
  if (loader?.step !== "loader" || !ipxeFile.test(loader.file)) return undefined;
  const [architecture = 0] = before.architectures ?? [before.preset.architecture ?? 0];
  const { firmware, cpu } = knownArchitectures[architecture] ?? {};
  const preset = clientPresets[firmware === "uefi" ? "ipxe-efi" : "ipxe-bios"];
  const own = (firmware === "uefi" && ownArchitectures[cpu ?? ""]) || preset.architecture;
  const { mac, uuid, facts, hostName, address } = before;
  const client = {
    ...{ preset, mac, architectures: [own] },
    ...(uuid === undefined ? {} : { uuid }),
    ...(facts === undefined ? {} : { facts }),
    ...(hostName === undefined ? {} : { hostName }),
    ...(address === undefined ? {} : { address }),
  };
  return { client, who: `the iPXE in ${loader.file}` };
}

/** What an iPXE for this processor calls itself, also where HTTP boot loaded it. */
const ownArchitectures: Readonly<Record<string, number>> = { x86: 6, x64: 7, arm32: 10, arm64: 11 };
