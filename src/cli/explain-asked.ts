import type { BootSite } from "../boot/boot-site.ts";
import type { FirmwareFact } from "../boot/conditions.ts";
import { firmwareFacts } from "../boot/conditions.ts";
import type { AskingClient, ClientName } from "../boot/explain-clients.ts";
import { clientPresets } from "../boot/explain-clients.ts";
import { suggest } from "../core/nearest.ts";
import { architectures } from "../dhcp/architectures.ts";
import { ipxeFeatures } from "../dhcp/ipxe-options.ts";
import { parseIpv4 } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";
import { usageError } from "./flags.ts";

export type Asked = Readonly<{
  machine?: string | undefined;
  mac?: string | undefined;
  client?: ClientName | undefined;
  arch?: string | undefined;
  vendorClass?: string | undefined;
  userClass?: string[] | undefined;
  uuid?: string | undefined;
  ipxeFeatures?: string | undefined;
  hostname?: string | undefined;
  address?: string | undefined;
}> &
  Readonly<{ [Fact in FirmwareFact]?: string | undefined }>;

const where = "dryboot explain";

/** The client that a command line describes, and in words all that it left open. */
export function askedFor(
  asked: Asked,
  site: BootSite,
): { client: AskingClient; name: ClientName; assumed: string[] } {
  const who = machineFor(asked, site);
  const architecture = asked.arch === undefined ? undefined : architectureOf(asked.arch);
  const features = asked.ipxeFeatures === undefined ? undefined : featuresOf(asked.ipxeFeatures);
  const name = asked.client ?? presetFor(architecture, features !== undefined);
  const preset = clientPresets[name];
  const uuid = asked.uuid === undefined ? who.uuid : uuidText(asked.uuid);
  return {
    name,
    client: {
      preset,
      mac: who.mac,
      ...(architecture === undefined ? {} : { architectures: [architecture] }),
      ...(asked.vendorClass === undefined ? {} : { vendorClass: asked.vendorClass }),
      ...(asked.userClass === undefined ? {} : { userClasses: asked.userClass }),
      ...(uuid === undefined ? {} : { uuid }),
      ...(features === undefined ? {} : { ipxeFeatures: features }),
      ...(asked.hostname === undefined ? {} : { hostName: asked.hostname }),
      ...(asked.address === undefined ? {} : { address: addressText(asked.address) }),
      facts: Object.fromEntries(firmwareFacts.map((fact) => [fact, asked[fact] ?? ""])),
    },
    assumed: [
      ...who.assumed,
      ...(asked.client === undefined ? [`the client is ${name}, ${preset.says} (--client, --arch)`] : []),
      preset.basis,
      ...(uuid === undefined ? ["it names no UUID (--uuid)"] : []),
      ...unsaid(asked, site),
      "nobody has a lease yet",
    ],
  };
}

/** What rules of the site look at, and nobody said. */
function unsaid(asked: Asked, { rules = [] }: BootSite): string[] {
  const looked = firmwareFacts.filter((fact) => rules.some(({ when }) => when.has(fact)));
  return looked.flatMap((fact) =>
    asked[fact] === undefined ? [`its firmware names no ${fact} (--${fact})`] : [],
  );
}

function machineFor(
  { machine, mac }: Asked,
  site: BootSite,
): { mac: string; uuid?: string; assumed: string[] } {
  if (mac !== undefined) {
    const parsed = macText(mac);
    const named = machine === undefined ? undefined : machineNamed(machine, site);
    if (named && named.mac !== parsed) {
      throw usageError(
        `${named.name} has the MAC ${named.mac}, not ${parsed}`,
        where,
        "give --machine or --mac",
      );
    }
    const known = site.machines.find((each) => each.mac === parsed);
    return { mac: parsed, ...(known?.uuid === undefined ? {} : { uuid: known.uuid }), assumed: [] };
  }
  const chosen = machine === undefined ? site.machines[0] : machineNamed(machine, site);
  if (!chosen) throw usageError("the site has no machine that could ask", where, "say who asks: --mac MAC");
  const { name, uuid } = chosen;
  return {
    mac: chosen.mac,
    ...(uuid === undefined ? {} : { uuid }),
    assumed: machine === undefined ? [`${name} asks, the site's first machine (--machine, --mac)`] : [],
  };
}

function machineNamed(name: string, { machines }: BootSite) {
  const found = machines.find((machine) => machine.name === name);
  if (found) return found;
  const names = machines.map((machine) => machine.name);
  throw usageError(`the site has no machine \`${name}\``, `${where} --machine ${name}`, suggest(name, names));
}

/** A MAC address in any usual spelling, in ours. */
export function macText(text: string): string {
  const mac = parseMac(text);
  if (mac !== undefined) return mac;
  throw usageError(`\`--mac ${text}\`: not a MAC address`, where, "write it like 52:54:00:69:00:0a");
}

function addressText(text: string): string {
  if (parseIpv4(text) !== undefined) return text;
  throw usageError(`\`--address ${text}\`: not an IPv4 address`, where, "write it like 10.69.0.10");
}

function uuidText(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text.toLowerCase();
  throw usageError(`\`--uuid ${text}\`: not a UUID`, where, "write it as `dmidecode -s system-uuid` does");
}

const named: Readonly<Record<string, number>> = {
  bios: 0,
  ia32: 6,
  x64: 7,
  arm32: 10,
  arm64: 11,
  "ia32-http": 15,
  "x64-http": 16,
  "arm64-http": 19,
  riscv64: 27,
};

/** `7`, `0x10`, `00:0B` as dhcpd writes it, or a name. */
function architectureOf(text: string): number {
  const known = named[text.toLowerCase()];
  if (known !== undefined) return known;
  const [, high, low] = /^([0-9a-f]{2}):([0-9a-f]{2})$/i.exec(text) ?? [];
  const number = high === undefined ? wholeNumber(text) : Number(`0x${high}${low}`);
  if (number !== undefined && number <= 0xffff) return number;
  throw usageError(
    `\`--arch ${text}\`: no architecture`,
    where,
    `write its number from option 93, or ${suggest(text, Object.keys(named)).replace(/\?$/, "")}`,
  );
}

function featuresOf(text: string): number[] {
  const codes = new Map(Object.entries(ipxeFeatures).map(([code, name]) => [name, Number(code)]));
  return text
    .split(",")
    .filter((word) => word !== "")
    .map((word) => {
      const code = codes.get(word.trim().toLowerCase()) ?? wholeNumber(word.trim());
      if (code !== undefined && code >= 0x10 && code <= 0x4f) return code;
      throw usageError(
        `\`--ipxe-features ${text}\`: no feature \`${word}\``,
        where,
        suggest(word, codes.keys()),
      );
    });
}

function wholeNumber(text: string): number | undefined {
  return /^(\d{1,5}|0x[0-9a-f]{1,4})$/i.test(text) ? Number(text) : undefined;
}

/** Who boots so: by the architecture's firmware, unless it is said to be an iPXE. */
function presetFor(architecture: number | undefined, isIpxe: boolean): ClientName {
  const { firmware, http } = architectures[architecture ?? 7] ?? {};
  if (isIpxe) return firmware === "uefi" ? "ipxe-efi" : "ipxe-bios";
  if (http) return "ovmf-http";
  return firmware === "uefi" ? "ovmf-pxe" : "bios-pxe";
}
