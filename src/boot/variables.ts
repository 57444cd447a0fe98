import { architectures } from "../dhcp/architectures.ts";
import type { Value, Variables } from "./template.ts";

/** What is known of a boot when its script is written; without it, only iPXE knows. */
export interface Known {
  /** `http://10.69.0.1`, no slash at the end. */
  http: string;
  server: string;
  domain?: string;
  /** The machine's name; its MAC with hyphens when the site has none for it. */
  name: string;
  image: string;
  mac: string;
  uuid?: string;
  /** Numbers of option 93, the favourite first. */
  architectures: readonly number[];
}

interface Variable {
  /** Completes "`{mac}` is ...". */
  says: string;
  value(known: Known): Value | Readonly<{ absent: string }>;
}

const hyphens = ({ mac }: Known) => mac.replaceAll(":", "-");
/** What the vendor wrote may hold white space, which would begin a new word of the kernel's: iPXE encodes it. */
const fromFirmware = (setting: string, says: string): Variable => ({
  says: `${says}, percent-encoded; iPXE fills it in`,
  value: () => ({ setting: `${setting}:uristring` }),
});
const fromNetwork = (setting: string, says: string): Variable => ({
  says: `${says}; iPXE fills it in`,
  value: () => ({ setting: `netX/${setting}` }),
});
const uuid = ({ uuid }: Known): Value => uuid ?? { setting: "uuid" };

/** Every variable that a command line may hold, besides the site's own. */
export const knownVariables: Readonly<Record<string, Variable>> = {
  http: { says: "the address of this server, such as http://10.69.0.1", value: ({ http }) => http },
  files: {
    says: "where the files of the image are served",
    value: ({ http, image }) => `${http}/images/${encodeURIComponent(image)}`,
  },
  server: { says: "the IP address of this server", value: ({ server }) => server },
  name: {
    says: "the name of the machine, or its MAC with hyphens when the site does not name it",
    value: ({ name }) => name,
  },
  domain: {
    says: "`network.domain`, which the site must have then",
    value: ({ domain }) => domain ?? { absent: "needs `network.domain`" },
  },
  image: { says: "the name of the image", value: ({ image }) => image },
  mac: { says: "the MAC address that boots, as 52:54:00:69:00:0a", value: ({ mac }) => mac },
  "mac:hexhyp": { says: "it as 52-54-00-69-00-0a", value: hyphens },
  "mac:hexraw": { says: "it as 52540069000a", value: ({ mac }) => mac.replaceAll(":", "") },
  "mac:upper": { says: "it as 52:54:00:69:00:0A", value: ({ mac }) => mac.toUpperCase() },
  "mac:upper-hexhyp": { says: "it as 52-54-00-69-00-0A", value: (known) => hyphens(known).toUpperCase() },
  MAC: {
    says: "what Alpine itself puts there in `apkovl=`: the same as `{mac}`",
    value: ({ mac }) => mac,
  },
  uuid: { says: "the SMBIOS UUID, in lower case", value: uuid },
  UUID: { says: "what Alpine itself puts there in `apkovl=`: the same as `{uuid}`", value: uuid },
  arch: {
    says: "the processor as Linux calls it: x86_64 (on BIOS too), x86, aarch64, armv7, riscv64, loongarch64",
    value: ({ architectures: codes }) => processorOf(codes),
  },
  serial: fromFirmware("serial", "the serial number in SMBIOS"),
  manufacturer: fromFirmware("manufacturer", "the manufacturer in SMBIOS"),
  product: fromFirmware("product", "the product name in SMBIOS"),
  asset: fromFirmware("asset", "the asset tag in SMBIOS"),
  ip: fromNetwork("ip", "the address that DHCP gave the machine"),
  netmask: fromNetwork("netmask", "the netmask that DHCP gave it"),
  gateway: fromNetwork("gateway", "the router that DHCP named"),
};

/** Texts of the site's own are `{var.NAME}`, what a person chose in a menu `{choice.NAME}`. */
export const ownPrefix = "var.";
export const choicePrefix = "choice.";

/** The setting in which a menu keeps what was chosen. */
export function choiceSetting(name: string): string {
  return `choice-${name}`;
}

const none: ReadonlySet<string> = new Set();

/** All that a command line of this boot may refer to. */
export function variablesFor(
  known: Known,
  own: ReadonlyMap<string, string> = new Map(),
  choices: ReadonlySet<string> = none,
): Variables {
  return {
    names: [
      ...Object.keys(knownVariables),
      ...[...own.keys()].map((name) => ownPrefix + name),
      ...[...choices].map((name) => choicePrefix + name),
    ],
    value(name) {
      if (name.startsWith(ownPrefix)) {
        const text = own.get(name.slice(ownPrefix.length));
        return text === undefined ? undefined : { text };
      }
      if (name.startsWith(choicePrefix)) {
        const choice = name.slice(choicePrefix.length);
        return choices.has(choice) ? { setting: choiceSetting(choice) } : undefined;
      }
      return Object.hasOwn(knownVariables, name) ? knownVariables[name]?.value(known) : undefined;
    },
  };
}

const example: Known = {
  ...{ http: "http://10.69.0.1", server: "10.69.0.1", name: "node1", image: "rescue" },
  ...{ mac: "52:54:00:69:00:0a", architectures: [7] },
};

/** For a look at what a site says before anybody boots. */
export function exampleVariables(
  domain: string | undefined,
  own?: ReadonlyMap<string, string>,
  choices?: ReadonlySet<string>,
): Variables {
  return variablesFor(domain === undefined ? example : { ...example, domain }, own, choices);
}

/** For a look at one line alone: every text and every choice that a site could have, and a machine like any. */
export const anyVariables: Variables = {
  names: Object.keys(knownVariables),
  value(name) {
    const own = [ownPrefix, choicePrefix].some((prefix) => name.startsWith(prefix) && name !== prefix);
    return own ? "x" : exampleVariables("lab.internal").value(name);
  },
};

const processors: Readonly<Record<string, string>> = {
  x86: "x86",
  x64: "x86_64",
  arm32: "armv7",
  arm64: "aarch64",
};

/** A ROM older than option 93 is a BIOS's, and a processor that boots from one today has 64 bits. */
function processorOf([code = 0]: readonly number[]): string {
  const { firmware, cpu = "x64" } = architectures[code] ?? {};
  if (firmware === "bios") return "x86_64";
  return processors[cpu] ?? cpu;
}
