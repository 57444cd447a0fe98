import type { BootMachine, BootSite, ImageUse } from "../boot/boot-site.ts";
import { ownImage, settingsOfMachine } from "../boot/effective-settings.ts";
import { installedIpxe, ipxeFileFor } from "../boot/known-loaders.ts";
import type { LoaderNames } from "../boot/loaders.ts";
import { parseDuration, parseSize } from "../core/units.ts";
import type { DhcpPolicy, Reservation } from "../dhcp/policy.ts";
import type { DnsSite } from "../dns/policy.ts";
import type { StatePolicy } from "../images/state/history.ts";
import type { Subnet } from "../wire/ipv4.ts";
import { isHostOf, parseSubnet } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";
import { leaseRange, serverAddress, subnetOf } from "./addresses.ts";
import { menuDefaultImage, menuOf } from "./menu.ts";
import { bySpecificity, rulesOf } from "./rules.ts";
import type { Site } from "./schema.ts";
import { groupLayers, settingsOf } from "./settings-of.ts";

export type SiteLane = Site["lab"]["lanes"][number];

/** One machine of the site, in the units the program counts in. */
export type SiteMachine = Readonly<{
  name: string;
  mac: string;
  ip?: string;
  /** What it boots in the lab, by its MAC and its `smbios`; undefined when that is nothing. */
  image?: string;
  memoryBytes: number;
  nic: Site["machines"][number]["nic"];
  /** In the lab. */
  disks: readonly Readonly<{ sizeBytes: number } | { file: string }>[];
  uuid?: string;
  /** What its firmware says of itself in the lab. */
  smbios: Readonly<{ manufacturer: string; product: string; serial: string; asset?: string }>;
}>;

/** A site cut into what each part of the stack asks of it. */
export type ResolvedSite = Readonly<{
  name: string;
  /** All but the boot answer, which is the plan's. */
  dhcp: Omit<DhcpPolicy, "boot" | "dialect">;
  boot: BootSite;
  /** Absent where DNS is not served. */
  dns?: DnsSite;
  tftp: Readonly<{ root?: string; singlePort: boolean; mtu?: number }>;
  /** Whether machines' log lines are taken. */
  syslog: boolean;
  /** How what machines keep of themselves is taken and handed out; absent where it is not. */
  states?: StatePolicy | undefined;
  /** Who may read what the server knows, besides itself. */
  readers: readonly Subnet[];
  /** How each image is made. */
  choices: ReadonlyMap<string, Site["images"][string]>;
  machines: readonly SiteMachine[];
  lab: Readonly<{ lanes: readonly SiteLane[]; bootTimeoutMs: number }>;
}>;

/** `httpPort` is where our HTTP server really listens. */
export function resolveSite(site: Site, { httpPort = 80 }: { httpPort?: number } = {}): ResolvedSite {
  const boot = bootOf(site, httpPort);
  return {
    name: site.name,
    dhcp: dhcpOf(site),
    boot,
    ...(servesDns(site) ? { dns: dnsOf(site) } : {}),
    tftp: tftpOf(site),
    syslog: site.syslog.mode === "on",
    ...(site.state.mode === "on" ? { states: statesOf(site.state) } : {}),
    readers: site.api.allow.map((text) =>
      checked(parseSubnet(text.includes("/") ? text : `${text}/32`), text),
    ),
    choices: new Map(Object.entries(site.images)),
    machines: site.machines.map((machine, index) =>
      machineOf(machine, boot.machines[index], boot, menuDefaultImage(site)),
    ),
    lab: { lanes: site.lab.lanes, bootTimeoutMs: milliseconds(site.lab.bootTimeout) },
  };
}

function dhcpOf(site: Site): ResolvedSite["dhcp"] {
  const { network, dhcp, machines, syslog } = site;
  const { domain, dns, ntp } = network;
  const common = {
    server: serverAddress(network),
    dns: dns.length === 0 && servesDns(site) ? [serverAddress(network)] : dns,
    leaseTimeMs: milliseconds(dhcp.leaseTime),
    ...(domain === undefined ? {} : { domain }),
    ...(ntp.length === 0 ? {} : { ntp }),
    ...(syslog.mode === "on" ? { logServers: [serverAddress(network)] } : {}),
    ...(dhcp.offerDelay === undefined ? {} : { offerDelayMs: milliseconds(dhcp.offerDelay) }),
  };
  const networkOf = (part: Omit<Site["dhcp"]["relayed"][number], "router">, router: string | undefined) => {
    const subnet = subnetOf(part);
    return {
      ...common,
      mode: part.mode,
      subnet,
      range: leaseRange(subnet, part.range),
      reservations: machines.flatMap((machine) => reservationIn(subnet, machine)),
      ...(router === undefined ? {} : { router }),
    };
  };
  const { mode, range, relayed } = dhcp;
  return {
    ...networkOf({ subnet: network.subnet, mode, range }, network.router),
    ...(relayed.length === 0 ? {} : { relayed: relayed.map((part) => networkOf(part, part.router)) }),
  };
}

function tftpOf({ tftp: { root, singlePort, mtu } }: Site): ResolvedSite["tftp"] {
  return { singlePort, ...(root === undefined ? {} : { root }), ...(mtu === undefined ? {} : { mtu }) };
}

function statesOf({ handOut, largest, keep }: Site["state"]): StatePolicy {
  return { handOut, largestBytes: checked(parseSize(largest), largest), keep };
}

function servesDns({ dns, network }: Site): boolean {
  return dns.mode === "auto" && (network.domain !== undefined || dns.forwarders.length > 0);
}

function dnsOf({ dns, network, dhcp, machines }: Site): DnsSite {
  const domain = network.domain?.toLowerCase();
  return {
    server: serverAddress(network),
    serverName: dns.name,
    subnets: [network, ...dhcp.relayed].map(subnetOf),
    ttlSeconds: nameTtlSeconds,
    machines: machines.map(({ name, mac, ip }) => ({
      name,
      mac: canonicalMac(mac),
      ...(ip === undefined ? {} : { ip }),
    })),
    forwarders: dns.forwarders.map((address) => ({ address, port: 53 })),
    ...(domain === undefined ? {} : { domain }),
  };
}

/** A machine may have another address after its next boot. */
const nameTtlSeconds = 60;

function reservationIn(subnet: Subnet, { name, mac, ip, uuid }: Site["machines"][number]): Reservation[] {
  if (ip === undefined || !isHostOf(subnet, ip)) return [];
  const reservation = { mac: canonicalMac(mac), address: ip, hostName: name };
  return [uuid === undefined ? reservation : { ...reservation, uuid: uuid.toLowerCase() }];
}

/** What decides the answers of this site. */
export function bootOf(site: Site, httpPort: number): BootSite {
  const { network, machines, images, defaultImage, loaders, api, groups } = site;
  const menu = menuOf(site);
  const server = serverAddress(network);
  const rules = bySpecificity(rulesOf(site));
  const defaults = settingsOf(site.defaults);
  return {
    server,
    bootsWithoutReport: site.bootsWithoutReport,
    http: `http://${server}${httpPort === 80 ? "" : `:${httpPort}`}`,
    ...(network.domain === undefined ? {} : { domain: network.domain }),
    machines: machines.map((machine, index) => bootMachineOf(machine, groups, index)),
    ...(Object.keys(defaults).length === 0 ? {} : { defaults: [{ path: ["defaults"], settings: defaults }] }),
    ...(rules.length === 0 ? {} : { rules }),
    images: new Map(Object.entries(images).map(([name, image]) => [name, imageUseOf(image)])),
    loaders: loadersOf(loaders),
    ...(loaders.ipxe === installedIpxe ? {} : { ipxe: loaders.ipxe }),
    ...(loaders.oldestIpxe === undefined ? {} : { oldestIpxe: loaders.oldestIpxe }),
    ...(loaders.autoexec === "on" ? { autoexec: true } : {}),
    ...(defaultImage === undefined ? {} : { defaultImage }),
    ...(api.url === undefined ? {} : { api: { url: api.url } }),
    ...(menu === undefined ? {} : { menu }),
    whenBootFails: site.whenBootFails,
    bootTimeMs: milliseconds(site.bootTime),
  };
}

function bootMachineOf(machine: Site["machines"][number], all: Site["groups"], index: number): BootMachine {
  const { name, mac, ip, uuid, use } = machine;
  const groups = groupLayers(all, use, ["machines", index]);
  return {
    ...settingsOf(machine),
    name,
    mac: canonicalMac(mac),
    ...(ip === undefined ? {} : { ip }),
    ...(uuid === undefined ? {} : { uuid: uuid.toLowerCase() }),
    ...(groups.length === 0 ? {} : { groups }),
  };
}

function imageUseOf({ recipe, commandLine, replaceCommandLine }: Site["images"][string]): ImageUse {
  return {
    // Alpine's init fetches its overlay, and so does what stands in for it.
    ...(recipe === "alpine" ? { readsApkovl: true } : {}),
    // Debian's installer would ignore it, and its own progress says more.
    reportsReady: recipe.startsWith("rescue") || recipe === "debian-live" || recipe === "alpine-initramfs",
    ...(commandLine === undefined ? {} : { commandLine }),
    ...(replaceCommandLine === undefined ? {} : { replaceCommandLine }),
  };
}

function loadersOf({ ipxe, bios, biosFromIpxe, x64, ia32, ...rest }: Site["loaders"]): LoaderNames {
  const arm64 = rest.arm64 ?? ipxeFileFor("arm64", ipxe);
  return {
    bios,
    biosFromIpxe,
    x64,
    ...(ia32 === undefined ? {} : { ia32 }),
    ...(arm64 === undefined ? {} : { arm64 }),
  };
}

function machineOf(
  { name, mac, ip, memory, nic, disks, uuid, smbios }: Site["machines"][number],
  known: BootMachine | undefined,
  boot: BootSite,
  menuDefault: string | undefined,
): SiteMachine {
  const { manufacturer, product, serial = name, asset } = smbios;
  const facts = { manufacturer, product, serial, asset: asset ?? "" };
  const settings = known ? settingsOfMachine(known, boot, facts) : undefined;
  const image = (settings && ownImage(settings)) ?? menuDefault ?? settings?.image?.value;
  return {
    name,
    mac: canonicalMac(mac),
    memoryBytes: checked(parseSize(memory), memory),
    nic,
    disks: disks.map(({ size = "", file }) =>
      file === undefined ? { sizeBytes: checked(parseSize(size), size) } : { file },
    ),
    smbios: { manufacturer, product, serial, ...(asset === undefined ? {} : { asset }) },
    ...(ip === undefined ? {} : { ip }),
    ...(image === undefined ? {} : { image }),
    ...(uuid === undefined ? {} : { uuid: uuid.toLowerCase() }),
  };
}

const canonicalMac = (text: string): string => checked(parseMac(text), text);
const milliseconds = (text: string): number => checked(parseDuration(text), text);

/** The schema let it pass, so it has a meaning. */
function checked<T>(meaning: T | undefined, text: string): T {
  if (meaning === undefined) throw new TypeError(`"${text}" passed the schema without a meaning`);
  return meaning;
}
