import { dirname } from "node:path";
import { run } from "../core/child.ts";
import { DrybootError } from "../core/errors.ts";
import { formatSize } from "../core/units.ts";
import type { AcceleratorVerdict } from "../host/accelerator-verdict.ts";
import type { Suite } from "../host/apt-sources.ts";
import type { ArchiveProgress } from "../host/archive.ts";
import { fetchPackages } from "../host/archive.ts";
import { findBios, findOptionRom, findUefi } from "../host/firmware.ts";
import type { FirmwareFile } from "../host/firmware-file.ts";
import type { UefiKind } from "../host/firmware-places.ts";
import { PackageStore } from "../host/package-store.ts";
import { armProgram, findProgram } from "../host/packages.ts";
import type { Qemu } from "../host/qemu.ts";
import { parseVersion } from "../host/qemu.ts";
import { fetchLoaders, packagedFiles } from "../images/loader-files.ts";
import type { Lane, LaneName } from "./lanes.ts";
import { lanes } from "./lanes.ts";

/** What this host runs one lane with. Plain data: it is found outside the namespaces and used inside. */
export interface LaneHost {
  qemu: string;
  accelerator: "kvm" | "tcg";
  /** UEFI only: code, and the variables to begin with. */
  firmware?: Readonly<{ code: string; vars: string }>;
  /** Where QEMU looks for option ROMs before it looks in its own folders. */
  romFolder?: string;
  /** For reports. */
  ran: Readonly<Record<"qemu" | "accelerator" | "firmware", string>>;
}

export type LaneHosts = Readonly<Partial<Record<LaneName, LaneHost>>>;

/** Something a lane needs that is not there, and what to type for it. */
export type Missing = Readonly<{ what: string; mend: string }>;

export type LaneVerdict =
  | Readonly<{ state: "runs"; host: LaneHost }>
  /** It runs once these packages of Debian are unpacked in the store: a boot fetches them by itself. */
  | Readonly<{ state: "fetches"; packages: readonly string[] }>
  | Readonly<{ state: "missing"; missing: readonly Missing[] }>;

export interface LaneSearch {
  signal: AbortSignal;
  qemu: Qemu;
  verdict: AcceleratorVerdict;
  store: string;
  /** Whether packages that are not in the store are fetched into it. */
  fetch: boolean;
  onProgress?: (progress: ArchiveProgress) => void;
  /** The tree this host's own files are looked for in. */
  root?: string;
}

/** One piece of a lane's machine: this host's own, else out of packages of Debian 12 that are unpacked and not installed. */
interface Part {
  what: string;
  packages: readonly string[];
  /** What to type where it cannot be fetched. */
  mend?: string;
  find(roots: readonly string[], search: LaneSearch): Promise<Found | undefined>;
}

/** Fields of the host, and what is said of them. */
type Found = Readonly<{
  gives: Partial<Omit<LaneHost, "ran">>;
  says?: string;
  ran?: Partial<LaneHost["ran"]>;
}>;

/** Whether this host runs a lane, and with what. */
export async function judgeLane(name: LaneName, search: LaneSearch): Promise<LaneVerdict> {
  const found: Found[] = [];
  const toFetch: string[] = [];
  const missing: Missing[] = [];
  for (const part of partsOf(lanes[name])) {
    const piece = (await part.find([search.root ?? "/"], search)) ?? (await fromStore(part, search));
    if (piece === "fetch") toFetch.push(...part.packages.map((name) => ofDebian(name, "bookworm")));
    else if (piece) found.push(piece);
    else missing.push({ what: part.what, mend: part.mend ?? "./dryboot setup" });
  }
  toFetch.push(...(await absentLoaders(lanes[name], search)));
  if (missing.length > 0) return { state: "missing", missing };
  if (toFetch.length > 0) return { state: "fetches", packages: toFetch };
  const { qemu, verdict } = search;
  const ran = {
    qemu: qemu.versionText,
    accelerator: describeAccelerator(verdict),
    firmware: found.flatMap(({ says }) => says ?? []).join("; "),
  };
  const host: LaneHost = {
    qemu: qemu.path,
    accelerator: verdict.use,
    ran: Object.assign(ran, ...found.map((each) => each.ran)),
  };
  return { state: "runs", host: Object.assign(host, ...found.map(({ gives }) => gives)) };
}

/** What a boot by this lane needs, with everything fetched that can be; an error that names the rest. */
export async function requireLane(name: LaneName, search: Omit<LaneSearch, "fetch">): Promise<LaneHost> {
  const verdict = await judgeLane(name, { ...search, fetch: true });
  if (verdict.state === "runs") return verdict.host;
  const missing = verdict.state === "missing" ? verdict.missing : [];
  throw new DrybootError(
    `this host cannot run the lane ${name}: ${missing.map(({ what }) => what).join(", ")} not found`,
    {
      code: "LANE_MISSING",
      where: `lane ${name}: ${lanes[name].says}`,
      hint: `${[...new Set(missing.map(({ mend }) => mend))].join("; ")}; \`./dryboot lanes\` shows what runs here`,
      exitCode: 2,
    },
  );
}

function partsOf({ firmware, rom }: Lane): Part[] {
  return [
    ...(firmware === "uefi-arm64" ? [armQemu] : []),
    firmware === "bios" ? bios : uefi(firmware),
    ...(rom === "ipxe" ? [ipxeRom] : []),
  ];
}

const bios: Part = {
  what: "BIOS firmware (SeaBIOS)",
  packages: [],
  async find(roots, { qemu, signal }) {
    const file = await findBios({ roots, signal, qemuPath: qemu.path });
    return file && { gives: {}, says: `SeaBIOS ${told(file)}` };
  },
};

const uefiKinds: Readonly<Record<UefiKind, { what: string; name: string; package: string }>> = {
  uefi: { what: "UEFI firmware (OVMF)", name: "OVMF", package: "ovmf" },
  "uefi-secure": {
    what: "UEFI firmware with Secure Boot (OVMF)",
    name: "OVMF with Microsoft's keys",
    package: "ovmf",
  },
  "uefi-arm64": { what: "UEFI firmware for ARM (AAVMF)", name: "AAVMF", package: "qemu-efi-aarch64" },
};

function uefi(kind: UefiKind): Part {
  const { what, name, package: bringing } = uefiKinds[kind];
  return {
    what,
    packages: [bringing],
    async find(roots, { qemu, signal }) {
      const pair = await findUefi(kind, { roots, signal, qemuPath: qemu.path });
      if (pair === undefined) return undefined;
      return {
        gives: { firmware: { code: pair.code.path, vars: pair.vars.path } },
        says: `${name} ${told(pair.code)}`,
      };
    },
  };
}

const armQemu: Part = {
  what: `QEMU for ARM (${armProgram})`,
  packages: [],
  mend: "./dryboot setup --lanes",
  async find(_roots, { signal }) {
    const path = findProgram(armProgram);
    if (path === undefined) return undefined;
    const { versionText } = parseVersion(await run(path, ["-version"], { signal, timeoutMs: 5000 }), path);
    return {
      gives: { qemu: path, accelerator: "tcg" },
      ran: {
        qemu: versionText,
        accelerator: "TCG, software emulation (of another processor than this host's)",
      },
    };
  },
};

const ipxeRom: Part = {
  what: "an option ROM with a whole iPXE for UEFI",
  packages: ["ipxe-qemu"],
  async find(roots, { qemu, signal }) {
    const rom = await findOptionRom("efi-virtio.rom", { roots, signal, qemuPath: qemu.path });
    const isWhole = rom?.images.some(({ for: target, holds }) => target === "uefi" && holds === "full iPXE");
    return rom && isWhole
      ? { gives: { romFolder: dirname(rom.path) }, says: `option ROM ${told(rom)}` }
      : undefined;
  },
};

/** `fetch`: its packages are not in the store, and may not be fetched now. */
async function fromStore(part: Part, search: LaneSearch): Promise<Found | "fetch" | undefined> {
  if (part.packages.length === 0) return undefined;
  const { store, signal, onProgress } = search;
  const inStore = new PackageStore(store, "bookworm");
  const known = await Promise.all(part.packages.map((name) => inStore.find(name)));
  if (!search.fetch && known.includes(undefined)) return "fetch";
  const fetched = await fetchPackages(part.packages, {
    store,
    signal,
    ...(onProgress && { onProgress }),
  });
  const found = await part.find(
    fetched.map(({ files }) => files),
    search,
  );
  return (
    found &&
    withVersion(
      found,
      fetched.map(({ name, version }) => `${name} ${version}`),
    )
  );
}

/** The lane's firmware is named with the package it is from; a loader that is served is named by its digest. */
function withVersion(found: Found, packages: readonly string[]): Found {
  const { says } = found;
  return says === undefined
    ? found
    : { ...found, says: `${says}, from ${packages.join(", ")}, not installed` };
}

/** Packages of the lane's loader that are not in the store. */
async function absentLoaders({ loader }: Lane, search: LaneSearch): Promise<string[]> {
  if (loader === undefined) return [];
  const { store, signal, onProgress } = search;
  if (search.fetch) {
    await fetchLoaders({ names: [loader] }, { store, signal, ...(onProgress && { onProgress }) });
    return [];
  }
  const absent = new Set<string>();
  for (const { suite, package: name } of packagedFiles(loader, undefined).values()) {
    if ((await new PackageStore(store, suite).find(name)) === undefined) absent.add(ofDebian(name, suite));
  }
  return [...absent];
}

const releases = { bookworm: "Debian 12", trixie: "Debian 13", sid: "Debian sid" } as const satisfies Record<
  Suite,
  string
>;

function ofDebian(name: string, suite: Suite): string {
  return `${name} of ${releases[suite]}`;
}

export function describeAccelerator({ use, verdict, reason }: AcceleratorVerdict): string {
  return use === "kvm" ? "KVM" : `TCG, software emulation (KVM is ${verdict}: ${reason})`;
}

function told({ version, versionFrom, sizeBytes, sha256 }: FirmwareFile): string {
  return `${versionFrom === "nowhere" ? "" : `${version} `}(${formatSize(sizeBytes)}, sha256 ${sha256.slice(0, 12)})`;
}
