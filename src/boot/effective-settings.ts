import { architectures } from "../dhcp/architectures.ts";
import type { NetbootClient } from "../dhcp/client.ts";
import type { BootMachine, BootSite } from "./boot-site.ts";
import type { FirmwareFacts, Identity } from "./conditions.ts";
import { judge } from "./conditions.ts";
import { usableUuid } from "./script-address.ts";
import type { Given, Layer, Settings, SingleSetting, SiteRule } from "./settings.ts";
import { singleSettings } from "./settings.ts";

/** Who asks, and what its script's address says besides. */
export type BootClient = NetbootClient &
  Readonly<{
    /** What its firmware says of itself, as iPXE passed it on; an empty text where it says nothing. */
    facts?: FirmwareFacts;
    /** Where its request came from. */
    address?: string;
  }>;

/** All that a site says about one client's boot, each with its place in the site file. */
export type Effective = Readonly<{ [Key in SingleSetting]?: Given<NonNullable<Settings[Key]>> }> &
  Readonly<{
    /** In the order in which they are joined. */
    commandLine: readonly Given<string>[];
    variables: ReadonlyMap<string, Given<string>>;
    /** Folders of files, each laid over those before it. */
    overlays: readonly Given<string>[];
    /** Values with which choices of the menu begin. */
    choices: ReadonlyMap<string, Given<string>>;
    /** Rules whose conditions it meets, the most specific last. */
    rules: readonly SiteRule[];
    /** Rules that it may meet: more must be known of it. */
    open: readonly SiteRule[];
  }>;

/** What a site says about this client: the defaults, the rules it meets from least to most specific, and its machine. */
export function effectiveSettings(client: BootClient, site: BootSite): Effective {
  const machine = machineOf(client, site);
  return settingsFor(identityOf(client, machine), machine, site);
}

/** What is settled of a machine before it asks for anything: rules about what nobody said of it are open. */
export function settingsOfMachine(
  machine: BootMachine,
  site: BootSite,
  facts: FirmwareFacts = {},
): Effective {
  const { mac, uuid, ip: address } = machine;
  const identity = {
    mac,
    ...Object.fromEntries(Object.entries(facts).map(([key, value]) => [key, plain(value)])),
    ...(uuid === undefined ? {} : { uuid }),
    ...(address === undefined ? {} : { address }),
  };
  return settingsFor(identity, machine, site);
}

/** What is said to whoever is known to be this. */
export function settingsFor(identity: Identity, machine: BootMachine | undefined, site: BootSite): Effective {
  const judged = (site.rules ?? []).map((rule) => ({ rule, verdict: judge(rule.when, identity) }));
  const rules = judged.flatMap(({ rule, verdict }) => (verdict === "met" ? [rule] : []));
  const open = judged.flatMap(({ rule, verdict }) => (verdict === "not known" ? [rule] : []));
  const { defaultImage, defaults = [] } = site;
  const layers = [
    ...defaults,
    ...rules.flatMap((rule) => rule.layers),
    ...(machine ? layersOf(machine, site) : []),
  ];
  const byDefault =
    defaultImage === undefined ? {} : { image: { value: defaultImage, path: ["defaultImage"] } };
  return { ...byDefault, ...settled(layers), rules, open };
}

/** Whether there is an image for it, or may be when more is known of it. */
export function mayGiveImage({ image, open }: Effective): boolean {
  return image !== undefined || open.some(({ layers }) => settled(layers).image !== undefined);
}

/** The image that this client in particular is given: not the one of whoever has no other. */
export function ownImage({ image }: Pick<Effective, "image">): string | undefined {
  const [level] = image?.path ?? [];
  return level === "defaults" || level === "defaultImage" ? undefined : image?.value;
}

/** What several layers come to, the last one's word counting most. */
export function settled(layers: readonly Layer[]): Omit<Effective, "rules" | "open"> {
  // A group that is used twice says what it says once, where it counts most.
  const last = new Map(layers.map((layer) => [layer.settings, layer]));
  const single: Partial<Record<SingleSetting, Given<unknown>>> = {};
  const commandLine: Given<string>[] = [];
  const overlays: Given<string>[] = [];
  const texts = { variables: new Map<string, Given<string>>(), choices: new Map<string, Given<string>>() };
  for (const layer of layers) {
    const { path, settings, usedBy } = layer;
    if (last.get(settings) !== layer) continue;
    const given = <T>(value: T, ...keys: string[]): Given<T> => ({
      value,
      path: [...path, ...keys],
      ...(usedBy === undefined ? {} : { usedBy }),
    });
    for (const key of singleSettings) {
      if (settings[key] !== undefined) single[key] = given(settings[key], key);
    }
    if (settings.commandLine !== undefined) commandLine.push(given(settings.commandLine, "commandLine"));
    if (settings.overlay !== undefined) overlays.push(given(settings.overlay, "overlay"));
    for (const [key, name, text] of textsIn(settings)) texts[key].set(name, given(text, key, name));
  }
  return { ...(single as Effective), commandLine, overlays, ...texts };
}

/** What is taken text by text, whichever level says it. */
function textsIn({ variables = {}, choices = {} }: Settings): ["variables" | "choices", string, string][] {
  const named = <Key extends "variables" | "choices">(key: Key, texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([name, text]): [Key, string, string] => [key, name, text]);
  return [...named("variables", variables), ...named("choices", choices)];
}

/** Everything that a site says to anybody. */
export function layersIn(site: BootSite): Layer[] {
  const { defaults = [], rules = [], machines } = site;
  return [
    ...defaults,
    ...rules.flatMap((rule) => rule.layers),
    ...machines.flatMap((machine) => layersOf(machine, site)),
  ];
}

/** A machine's groups and then its own settings. */
function layersOf(machine: BootMachine, site: BootSite): Layer[] {
  const path = ["machines", indexOf(site).places.get(machine) ?? 0];
  return [...(machine.groups ?? []), { path, settings: machine }];
}

/** By MAC; else by UUID, which stays when a NIC is changed. */
export function machineOf(client: NetbootClient, site: BootSite): BootMachine | undefined {
  const { byMac, byUuid } = indexOf(site);
  const uuid = usableUuid(client.uuid);
  return byMac.get(client.mac.toLowerCase()) ?? (uuid === undefined ? undefined : byUuid.get(uuid));
}

type Index = Readonly<{
  byMac: ReadonlyMap<string, BootMachine>;
  byUuid: ReadonlyMap<string, BootMachine>;
  places: ReadonlyMap<BootMachine, number>;
}>;

// A site never changes, so what is looked up in it for every packet is computed once.
const indexes = new WeakMap<BootSite["machines"], Index>();

function indexOf({ machines }: BootSite): Index {
  const known = indexes.get(machines);
  if (known) return known;
  const index: Index = {
    byMac: new Map(machines.map((machine) => [machine.mac, machine])),
    byUuid: new Map(
      machines.flatMap((machine): [string, BootMachine][] =>
        machine.uuid === undefined ? [] : [[machine.uuid.toLowerCase(), machine]],
      ),
    ),
    places: new Map(machines.map((machine, place) => [machine, place])),
  };
  indexes.set(machines, index);
  return index;
}

/** What rules compare, in one spelling. DHCP says whether there is a UUID or a host name: what it does not say is none. */
function identityOf(client: BootClient, machine: BootMachine | undefined): Identity {
  const { facts = {} } = client;
  const address = machine?.ip ?? client.address;
  const told = Object.entries(facts).map(([key, value]) => [key, plain(value)]);
  return {
    mac: client.mac.toLowerCase(),
    uuid: usableUuid(client.uuid) ?? "",
    arch: architectureKind(client.architectures),
    hostname: plain(client.hostName ?? ""),
    ...Object.fromEntries(told),
    ...(address === undefined ? {} : { address }),
  };
}

/** SMBIOS texts are often padded, and spelled now so and now otherwise. */
const plain = (text: string): string => text.trim().toLowerCase();

/** Kinds of machine that rules know, whatever way their firmware boots. */
export const architectureKinds = ["bios", "ia32", "x64", "arm32", "arm64", "riscv64", "loongarch64"] as const;

/** The kind of the first architecture that is known; without any it is a BIOS, whose ROM is older than option 93. */
function architectureKind(codes: readonly number[]): string {
  if (codes.length === 0) return "bios";
  for (const code of codes) {
    const { firmware, cpu = "" } = architectures[code] ?? {};
    if (firmware === "bios") return "bios";
    if (firmware === "uefi" && cpu !== "") return cpu === "x86" ? "ia32" : cpu;
  }
  return "";
}
