import { DrybootError } from "../core/errors.ts";
import { architectures as knownArchitectures } from "../dhcp/architectures.ts";
import { bootProtocolOf, clientOf } from "../dhcp/client.ts";
import type { DhcpMessage } from "../dhcp/message.ts";
import { anyAddress } from "../dhcp/message.ts";
import { formatMac } from "../wire/mac.ts";
import { imagePath } from "./boot-paths.ts";
import type { BootSite } from "./boot-site.ts";
import type { FirmwareFacts } from "./conditions.ts";
import type { AskingClient } from "./explain-clients.ts";
import { clientPresets } from "./explain-clients.ts";
import type { ShownSetting } from "./explain-settings.ts";
import { shownSettings } from "./explain-settings.ts";
import type { BootImage } from "./kernel-command-line.ts";
import { planFor } from "./plan.ts";
import { clientOfScript, factInAddress, scriptPath } from "./script-address.ts";
import { scriptFor } from "./script-for.ts";

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
    | { step: "end"; says: string }
  ) & { warning?: string }
>;

type Served = Readonly<{
  site: BootSite;
  images: ReadonlyMap<string, ExplainedImage>;
  loaders: ReadonlyMap<string, LoaderOnHost>;
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
  return [loaderStep(file, reply.siaddr, served)];
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
  const { site, images } = served;
  const query = new URL(address).searchParams;
  const from = asker.address === anyAddress ? {} : { address: asker.address };
  try {
    const text = scriptFor(query, site, images, from);
    const client = clientOfScript(query, from.address);
    const plan = client && planFor(client, site);
    if (plan?.step !== "script") return [{ step: "script", address, text }];
    if (plan.ask) {
      const told = plan.ask.map((fact) => `&${fact}=${factInAddress(asker.facts[fact] ?? "")}`).join("");
      return [{ step: "script", address, text }, ...scriptSteps(address + told, asker, served)];
    }
    const script: FetchStep = { step: "script", address, text, settings: shownSettings(plan.settings) };
    if (plan.image === undefined) {
      return [
        script,
        { step: "end", says: "the boot API is asked; this is its script when it names nothing" },
      ];
    }
    const image = images.get(plan.image);
    if (image) return [script, kernelStep(plan.image, image, text, asker.mac, site)];
    const says = `image ${plan.image} is not in the store: the script says so and goes back to the firmware`;
    return [script, { step: "end", says, warning: `image ${plan.image} is not in the store` }];
  } catch (error) {
    if (!(error instanceof DrybootError)) throw error;
    return [{ step: "end", says: `there is no script: ${error.message}`, warning: error.message }];
  }
}

function kernelStep(
  name: string,
  image: ExplainedImage,
  script: string,
  mac: string,
  site: BootSite,
): FetchStep {
  const files = [image.kernel, ...image.initrds].map((file) => ({
    address: `${site.http}/${imagePath(name, file.name)}`,
    sizeBytes: file.sizeBytes,
  }));
  const [, words = ""] = /^kernel --name \S+ \S+ (.*) \|\| goto failed$/m.exec(script) ?? [];
  const commandLine = words.replaceAll(`\${netX/mac:hexhyp}`, mac.replaceAll(":", "-"));
  return { step: "kernel", image: name, digest: image.digest, files, commandLine };
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
