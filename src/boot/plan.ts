import { formatDuration } from "../core/units.ts";
import type { NetbootClient } from "../dhcp/client.ts";
import { bootProtocolOf } from "../dhcp/client.ts";
import type { BootMachine, BootSite } from "./boot-site.ts";
import type { FirmwareFact } from "./conditions.ts";
import { firmwareFacts } from "./conditions.ts";
import type { BootClient, Effective } from "./effective-settings.ts";
import { effectiveSettings, machineOf, mayGiveImage } from "./effective-settings.ts";
import { isOlderIpxe } from "./ipxe-version.ts";
import type { MachineState, Turn } from "./lifecycle.ts";
import { turnOf } from "./lifecycle.ts";
import type { LoaderChoice } from "./loaders.ts";
import { chooseLoader, describeArchitectures, ownLoader, takesOverFromIpxe } from "./loaders.ts";
import type { Loop } from "./loop.ts";
import { marker, scriptAddress } from "./script-address.ts";
import { knownSlots } from "./slots.ts";

/** What a DHCP reply says about booting. */
export type BootFile = Readonly<{ file: string; nextServer: string }>;

/**
 * The full answer for one client. `reason` is a sentence for people, whatever the answer is. Without an `image` another
 * boot API says what is booted, and nobody else knows.
 */
export type Plan = Readonly<{
  client: BootClient;
  /** All that the site says about this client. */
  settings: Effective;
  reason: string;
  machine?: BootMachine;
  /** What it boots this time, where something is remembered of it or asked for. */
  turn?: Turn;
}> &
  (
    | Readonly<{ step: "loader"; image?: string; dhcp: BootFile }>
    /**
     * With a `loop` the script is not the image's: it says what goes round in circles, and waits. With `ask` it is not
     * settled yet: the script only comes back with these facts of the firmware.
     */
    | Readonly<{
        step: "script";
        image?: string;
        dhcp: BootFile;
        loop?: Loop;
        ask?: readonly FirmwareFact[];
      }>
    | Readonly<{ step: "none"; dhcp: Readonly<{ none: string }> }>
  );

export type ScriptPlan = Extract<Plan, { step: "script" }>;
/** What a script boots, where that is an image of ours. */
export type ImagePlan = Pick<ScriptPlan, "client" | "settings" | "machine" | "turn"> &
  Readonly<{
    image: string;
    /** What the menu's entry adds to the command line. */
    entryCommandLine?: string;
    /** Why it is this image this time. */
    note?: string;
  }>;

/** iPXE's feature numbers in option 175 (iPXE `include/ipxe/features.h`). */
const feature = { http: 19, bzImage: 24, efi: 36, menu: 39 } as const;

/**
 * Decides what a client is answered. The live server, `explain` and the tests all ask this function and nothing else.
 * `loop` is what the client was last seen to go round in, if it was.
 */
export function planFor(client: BootClient, site: BootSite, loop?: Loop, stateOf?: StateOf): Plan {
  const known = decidedOf(client, site, stateOf);
  const { machine, settings, turn, image } = known;
  const who = machine?.name ?? client.mac;
  const asks = asksApi(known, site);
  const open = openFacts(settings);
  if (!asks && !site.menu && !turn && !mayGiveImage(settings)) return none(known, noImage(known, site));

  const loader = loaderFor(client, settings, site);
  if (runsScripts(client) && !leavesIpxe(client, loader, site)) {
    const plan = { ...known, step: "script", dhcp: scriptFile(client, site) } as const;
    if (loop?.what === "script") return { ...plan, loop, reason: `${who} ${rounds(loop)}: it is told so` };
    if (turn?.note !== undefined) return { ...plan, reason: `${loaded(client)}: ${who}: ${turn.note}` };
    const boots = open.length > 0 ? scriptAsks(open) : scriptBoots(asks, image, site);
    return {
      ...plan,
      ...(open.length > 0 ? { ask: open } : {}),
      reason: `${loaded(client)}: ${boots} on ${who}`,
    };
  }
  // A loader that was given once did not help: giving it again would go on for ever.
  if (isMarked(client)) {
    return none(known, `${who} runs our loader, but it lacks what the script needs: ${missing(client)}`);
  }
  if (bootProtocolOf(client) === undefined) {
    return none(known, `${who} did not ask to be booted (its vendor class is ${classOf(client)})`);
  }
  return loaderPlan(client, { ...known, who }, loader, site, loop);
}

/** What is decided of a client before it is clear what it is answered. */
type Decided = Pick<ScriptPlan, "client" | "settings" | "machine" | "image" | "turn">;

function decidedOf(client: BootClient, site: BootSite, stateOf: StateOf | undefined): Decided {
  const machine = machineOf(client, site);
  const settings = effectiveSettings(client, site);
  const turn = machine && turnFor(machine, settings, site, stateOf);
  const image = turn?.boot === "image" ? turn.image : settings.image?.value;
  return {
    client,
    settings,
    ...(turn ? { turn } : {}),
    ...(image === undefined ? {} : { image }),
    ...(machine ? { machine } : {}),
  };
}

/** What is remembered of a machine, by its name. */
export type StateOf = (machine: string) => MachineState;

function turnFor(
  { name }: BootMachine,
  { boot, image }: Effective,
  { images, bootsWithoutReport = 3 }: BootSite,
  stateOf: StateOf | undefined,
): Turn | undefined {
  const state = stateOf?.(name) ?? {};
  // What the site does not have any more was asked for in vain.
  const has = (wanted: string | undefined) => wanted === undefined || images.has(wanted);
  const { next, assigned, good, slots, ...rest } = state;
  const known: MachineState = {
    ...rest,
    ...(next !== undefined && has(next) ? { next } : {}),
    ...(assigned && has(assigned.image) ? { assigned } : {}),
    ...(good !== undefined && has(good) ? { good } : {}),
    ...(slots ? { slots: knownSlots(slots, has) } : {}),
  };
  const usual = {
    mode: boot?.value ?? "always",
    ...(image === undefined ? {} : { image: image.value }),
  } as const;
  return turnOf(known, usual, bootsWithoutReport);
}

/** What iPXE must say of the firmware before all rules can be judged. */
function openFacts({ open }: Effective): FirmwareFact[] {
  return firmwareFacts.filter((fact) => open.some(({ when }) => when.has(fact)));
}

function noImage({ client: { mac }, machine }: Decided, { rules = [] }: BootSite): string {
  const nowhere = `${rules.length > 0 ? "no rule gives it one, " : ""}and the site has no default image`;
  return machine
    ? `${machine.name} (${mac}) has no image, ${nowhere}`
    : `${mac} is no machine of this site, ${nowhere}`;
}

/** For firmware, for an iPXE that can do too little, and for one whose site has chosen another loader. */
function loaderPlan(
  client: BootClient,
  { who, ...known }: Decided & { who: string },
  loader: LoaderChoice | undefined,
  site: BootSite,
  loop?: Loop,
): Plan {
  const isRound = loop?.what === "loader";
  // It says too little of itself, and another loader made no difference: it may run a script for all that.
  if (isRound && client.ipxe) {
    return {
      ...{ ...known, step: "script", dhcp: scriptFile(client, site) },
      reason: `${who} ${rounds(loop)}: being an iPXE, it is given the script`,
    };
  }
  if (!loader) {
    const asked = describeArchitectures(architecturesOf(client));
    return none(known, `there is no loader for ${asked}, which is what ${who} asked for`);
  }
  const file = loader.http ? `${site.http}/${loader.file}` : loader.file;
  const kind = describeArchitectures([loader.architecture]);
  const way = loader.http ? "HTTP" : "TFTP";
  const doubt = isRound ? `, though it ${rounds(loop)} and never asked for its script` : "";
  const reason = `${asker(client, site)} for ${kind} on ${who} gets ${loader.file} over ${way}${doubt}`;
  return { ...known, step: "loader", dhcp: { file, nextServer: site.server }, reason };
}

function scriptFile(client: NetbootClient, site: BootSite): BootFile {
  return { file: scriptAddress(client, site), nextServer: site.server };
}

/**
 * Whether another boot API says what this client boots: neither its name nor a rule does. The default image is for whom
 * it does not know.
 */
export function asksApi({ machine, settings }: Pick<Plan, "machine" | "settings">, site: BootSite): boolean {
  const { path, usedBy = path } = settings.image ?? { path: [] };
  return machine === undefined && site.api !== undefined && usedBy[0] !== "rules";
}

function scriptAsks(facts: readonly FirmwareFact[]): string {
  return `the script first asks for its ${facts.join(", ")}, which rules need,`;
}

function scriptBoots(asks: boolean, image: string | undefined, { menu }: BootSite): string {
  if (menu && !asks) return `the script shows the menu`;
  if (!asks) return `the script boots ${image}`;
  return `the script boots what the boot API says${image === undefined ? "" : `, else ${image},`}`;
}

/**
 * By what the client can do, not by its name: QEMU's option ROM calls itself iPXE too, and not every iPXE has HTTP and
 * menus. A script request (our marker, no option 175) has shown that it can by asking.
 */
function runsScripts(client: NetbootClient): boolean {
  if (!client.ipxe) return isMarked(client);
  const { features } = client.ipxe;
  const kernels = features.has(feature.bzImage) || features.has(feature.efi);
  return features.has(feature.http) && features.has(feature.menu) && kernels;
}

/** A ROM's iPXE, at a site that boots by another loader or a newer iPXE. One that our script brought has come further. */
function leavesIpxe(client: NetbootClient, loader: LoaderChoice | undefined, site: BootSite): boolean {
  if (loader === undefined || isMarked(client)) return false;
  return takesOverFromIpxe(loader.file) || isTooOld(client, site);
}

function isTooOld({ ipxe }: NetbootClient, { oldestIpxe }: BootSite): boolean {
  return ipxe !== undefined && oldestIpxe !== undefined && isOlderIpxe(ipxe.version, oldestIpxe);
}

function missing({ ipxe }: NetbootClient): string {
  const has = (code: number) => ipxe?.features.has(code) ?? false;
  const lacks = [
    ...(has(feature.http) ? [] : ["HTTP"]),
    ...(has(feature.menu) ? [] : ["menus"]),
    ...(has(feature.bzImage) || has(feature.efi) ? [] : ["Linux kernels"]),
  ];
  return lacks.join(", ");
}

/** Option 77 is a list (RFC 3004), and scripts may have put our marker beside other classes. */
function isMarked(client: NetbootClient): boolean {
  return client.userClasses.includes(marker);
}

function classOf({ vendorClass }: NetbootClient): string {
  return vendorClass === undefined ? "absent" : JSON.stringify(vendorClass.slice(0, 40));
}

/** ROMs older than option 93 know nothing but BIOS. */
function architecturesOf(client: NetbootClient): readonly number[] {
  if (client.architectures.length > 0) return client.architectures;
  return bootProtocolOf(client) === "http" ? [] : [0];
}

function loaderFor(client: NetbootClient, { loader }: Effective, site: BootSite): LoaderChoice | undefined {
  const codes = architecturesOf(client);
  const fromIpxe = client.ipxe !== undefined;
  if (loader === undefined) return chooseLoader(codes, site.loaders, fromIpxe);
  return ownLoader(loader.value, codes, site.loaders, fromIpxe);
}

function asker(client: NetbootClient, site: BootSite): string {
  if (client.ipxe) {
    const lacks = missing(client);
    if (lacks === "" && isTooOld(client, site))
      return `an iPXE ${client.ipxe.version ?? "of no version"}, older than this site's ${site.oldestIpxe},`;
    return lacks === "" ? "an iPXE, which this site boots by another loader," : `an iPXE without ${lacks}`;
  }
  return bootProtocolOf(client) === "http" ? "HTTP boot firmware" : "PXE firmware";
}

function loaded(client: NetbootClient): string {
  if (!client.ipxe) return "our script was asked for";
  const version = client.ipxe.version ? ` ${client.ipxe.version}` : "";
  return `an iPXE${version} that can run our script asks`;
}

/** "fetched snponly.efi 3 times within 12.0 s" */
function rounds({ file, times, withinMs }: Loop): string {
  return `fetched ${file} ${times} times within ${formatDuration(withinMs)}`;
}

function none({ image: _, ...known }: Decided, reason: string): Plan {
  return { ...known, step: "none", reason, dhcp: { none: reason } };
}
