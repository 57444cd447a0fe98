import { join } from "node:path";
import type { BootSite } from "../boot/boot-site.ts";
import { layersIn } from "../boot/effective-settings.ts";
import { knownLoader, knownLoaders, parseLoaderName, releaseNamed } from "../boot/known-loaders.ts";
import { storeFolder } from "../core/folders.ts";
import type { Suite } from "../host/apt-sources.ts";
import type { FetchOptions } from "../host/archive.ts";
import { fetchPackages } from "../host/archive.ts";
import { findLoaders } from "../host/firmware.ts";
import type { FirmwareFile } from "../host/firmware-file.ts";
import { readFirmwareFile, versionIn } from "../host/firmware-file.ts";
import type { FetchedPackage } from "../host/package-store.ts";
import { PackageStore } from "../host/package-store.ts";
import { IpxeBuilds } from "./ipxe-builds.ts";

/** A loader's file on this host, and what it is. */
export type LoaderFile = Pick<FirmwareFile, "path" | "sizeBytes" | "sha256" | "version">;

/** A file in a package of Debian that is in the store, not installed. */
type Packaged = Readonly<{ suite: Suite; package: string; path: string }>;

/** The loaders a site names, and whose iPXE is meant by the plain names. */
export type WantedLoaders = Readonly<{ names: readonly string[]; ipxe?: string }>;

export function wantedLoaders(site: BootSite): WantedLoaders {
  const { loaders, ipxe } = site;
  const { bios, biosFromIpxe, x64, ia32, arm64 } = loaders;
  const named = [
    bios,
    biosFromIpxe,
    x64,
    ia32,
    arm64,
    ...layersIn(site).map(({ settings }) => settings.loader),
  ];
  const names = [...new Set(named.filter((name) => name !== undefined))];
  return { names, ...(ipxe === undefined ? {} : { ipxe }) };
}

/** Where each file is that must be served for a loader: itself, and what it fetches beside itself. Pure. */
export function packagedFiles(name: string, ipxe: string | undefined): ReadonlyMap<string, Packaged> {
  const parsed = parseLoaderName(name);
  const known = knownLoader(name);
  if (known?.kind === "ipxe") {
    const release = releaseNamed(parsed.ipxe ?? ipxe ?? "");
    if (!release || (known.firmware === "uefi" && !release.cpus.includes(known.cpu))) return new Map();
    return new Map([[name, { suite: release.suite, package: "ipxe", path: `usr/lib/ipxe/${parsed.file}` }]]);
  }
  if (known === undefined || parsed.ipxe !== undefined) return new Map();
  const found = otherPackages[known.file];
  return new Map(
    Object.entries(found ?? {}).map(([file, [package_, path]]) => [
      file,
      { suite: "bookworm", package: package_, path },
    ]),
  );
}

const pxelinux = (file: string): Readonly<Record<string, readonly [string, string]>> => ({
  [file]: ["pxelinux", `usr/lib/PXELINUX/${file}`],
  "ldlinux.c32": ["syslinux-common", "usr/lib/syslinux/modules/bios/ldlinux.c32"],
});

const signedGrub = ["grub-efi-amd64-signed", "usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed"] as const;

/** By loader: what is served for it, and where it lies in which package. */
const otherPackages: Readonly<Record<string, Readonly<Record<string, readonly [string, string]>>>> = {
  "pxelinux.0": pxelinux("pxelinux.0"),
  "lpxelinux.0": pxelinux("lpxelinux.0"),
  "shimx64.efi": {
    "shimx64.efi": ["shim-signed", "usr/lib/shim/shimx64.efi.signed"],
    // It looks for that name beside itself and for no other.
    "grubx64.efi": signedGrub,
  },
  "grubnetx64.efi": {
    "grubnetx64.efi": signedGrub,
    // The signed program has TFTP built in and fetches HTTP from beside its configuration, where Secure Boot is off.
    "grub/x86_64-efi/http.mod": ["grub-efi-amd64-bin", "usr/lib/grub/x86_64-efi/http.mod"],
  },
};

/** Everything that comes from packages for these loaders, by the name it is served by. */
function filesOf({ names, ipxe }: WantedLoaders): Map<string, Packaged> {
  // With a release behind the plain names, all of its files are served: a machine may be told another one tomorrow.
  const plain =
    ipxe === undefined ? [] : knownLoaders.flatMap(({ kind, file }) => (kind === "ipxe" ? [file] : []));
  return new Map([...names, ...plain].flatMap((name) => [...packagedFiles(name, ipxe)]));
}

/** Fetches and verifies the packages that hold a site's loaders; nothing is asked of the network when they are there. */
export async function fetchLoaders(
  wanted: WantedLoaders,
  options: Omit<FetchOptions, "suite" | "refresh"> = {},
): Promise<void> {
  const bySuite = Map.groupBy(filesOf(wanted).values(), ({ suite }) => suite);
  for (const [suite, files] of bySuite) {
    await fetchPackages([...new Set(files.map((file) => file.package))], { ...options, suite });
  }
}

/**
 * A site's loaders by the name firmware asks for: what is installed under iPXE's plain names, and the rest from the
 * store. What is missing there is missing here: booting never fetches.
 */
export async function findSiteLoaders(
  wanted: WantedLoaders,
  { store = storeFolder(), signal }: { store?: string; signal: AbortSignal },
): Promise<Map<string, LoaderFile>> {
  const found = new Map<string, LoaderFile>();
  if (wanted.ipxe === undefined) {
    for (const [name, file] of Object.entries(await findLoaders({ signal }))) found.set(name, file);
  }
  for (const [name, file] of await ownBuilds(wanted, store)) found.set(name, file);
  const packages = new Map<string, FetchedPackage | undefined>();
  for (const [name, { suite, package: owner, path }] of filesOf(wanted)) {
    const key = `${suite} ${owner}`;
    if (!packages.has(key)) packages.set(key, await new PackageStore(store, suite).find(owner));
    const fetched = packages.get(key);
    const read = fetched && (await readFirmwareFile(join(fetched.files, path), signal));
    if (!fetched || !read) continue;
    const { sizeBytes, sha256, path: where } = read.file;
    found.set(name, { path: where, sizeBytes, sha256, version: versionIn(read.bytes) ?? fetched.version });
  }
  return found;
}

/** Files of the user's own builds that a site means: those it names, and all of the one behind the plain names. */
async function ownBuilds({ names, ipxe }: WantedLoaders, store: string): Promise<[string, LoaderFile][]> {
  const builds = new IpxeBuilds(store);
  const found: [string, LoaderFile][] = [];
  const own = ipxe === undefined ? undefined : await builds.find(ipxe);
  for (const { serve } of own?.files ?? []) {
    const file = own && (await builds.open(own, serve));
    if (file) found.push([serve, file]);
  }
  for (const name of names) {
    const { ipxe: of, file: serve } = parseLoaderName(name);
    const build = of === undefined ? undefined : await builds.find(of);
    const file = build && (await builds.open(build, serve));
    if (file) found.push([name, file]);
  }
  return found;
}
