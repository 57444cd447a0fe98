import type { Suite } from "../host/apt-sources.ts";

export type LoaderKind = "ipxe" | "pxelinux" | "grub";

/** One file that firmware can be given, and what there is to know of it. */
export interface KnownLoader {
  /** The name it is served and asked for by. */
  file: string;
  kind: LoaderKind;
  firmware: "bios" | "uefi";
  cpu: "x86" | "x64" | "arm64";
  /** Whose driver it reaches the network by: `undi` and `snp` are the firmware's own. */
  driver: "undi" | "snp" | "own";
  /** Fetches kernels over HTTP; otherwise over TFTP. */
  http: boolean;
  /** For people, in a line. */
  says: string;
}

const loader = (
  file: string,
  kind: LoaderKind,
  on: `${KnownLoader["firmware"]} ${KnownLoader["cpu"]}`,
  driver: KnownLoader["driver"],
  says: string,
  http = true,
): KnownLoader => {
  const [firmware, cpu] = on.split(" ") as [KnownLoader["firmware"], KnownLoader["cpu"]];
  return { file, kind, firmware, cpu, driver, http, says };
};

/** Every loader we know, by the name of its own build; the first one for a kind of machine is its default. */
export const knownLoaders: readonly KnownLoader[] = [
  loader(
    "undionly.kpxe",
    "ipxe",
    "bios x86",
    "undi",
    "iPXE over the ROM's driver: not every ROM that is an iPXE leaves it one",
  ),
  loader("ipxe.pxe", "ipxe", "bios x86", "own", "iPXE with all its drivers"),
  loader(
    "snponly.efi",
    "ipxe",
    "uefi x64",
    "snp",
    "iPXE on the card it came from and no other: seconds faster",
  ),
  loader("ipxe.efi", "ipxe", "uefi x64", "own", "iPXE with all its drivers"),
  loader("ipxe-arm64.efi", "ipxe", "uefi arm64", "own", "iPXE for ARM64, from 1.21.1 on"),
  loader("pxelinux.0", "pxelinux", "bios x86", "undi", "PXELINUX: everything over TFTP", false),
  loader("lpxelinux.0", "pxelinux", "bios x86", "undi", "PXELINUX: kernel and initrd over HTTP"),
  loader(
    "shimx64.efi",
    "grub",
    "uefi x64",
    "snp",
    "shim, for Secure Boot: loads Debian's signed GRUB, which fetches over TFTP then",
    false,
  ),
  loader("grubnetx64.efi", "grub", "uefi x64", "snp", "Debian's GRUB, signed: kernel and initrd over HTTP"),
];

/** A loader's name taken apart: `ipxe-2.0.0/snponly.efi` is that file of that iPXE. */
export interface LoaderName {
  /** A release of iPXE, or the name of a build of the user's own. */
  ipxe?: string;
  /** The file's own name; folders of the user's remain in it. */
  file: string;
}

export function parseLoaderName(name: string): LoaderName {
  const [, ipxe, file] = /^ipxe-([a-z0-9][a-z0-9.-]*)\/([^/]+)$/.exec(name) ?? [];
  return ipxe === undefined || file === undefined ? { file: name } : { ipxe, file };
}

/** What is known of a loader by its name; undefined for a file of the user's own. */
export function knownLoader(name: string): KnownLoader | undefined {
  const { file } = parseLoaderName(name);
  return knownLoaders.find((known) => known.file === file);
}

/** Its kind, also where only the name's form tells. */
export function loaderKind(name: string): LoaderKind | undefined {
  const known = knownLoader(name);
  if (known) return known.kind;
  const base = name.slice(name.lastIndexOf("/") + 1);
  if (/^(ipxe|undionly|snponly|snp)[\w.-]*$/.test(base)) return "ipxe";
  if (/^l?pxelinux[\w.-]*\.0$/.test(base)) return "pxelinux";
  return /^(grub|shim)[\w.-]*\.efi$/i.test(base) ? "grub" : undefined;
}

/** A release of iPXE that Debian packages. */
export interface IpxeRelease {
  version: string;
  suite: Suite;
  /** What it says it is in option 175: Debian's snapshot of 1.21.1 says what it was cut from. */
  reports: string;
  /** Processors it has files for, beside BIOS. */
  cpus: readonly KnownLoader["cpu"][];
}

export const ipxeReleases: readonly IpxeRelease[] = [
  { version: "1.0.0", suite: "bookworm", reports: "1.0.0", cpus: ["x64"] },
  { version: "1.21.1", suite: "trixie", reports: "1.0.0", cpus: ["x64", "arm64"] },
  { version: "2.0.0", suite: "sid", reports: "2.0.0", cpus: ["x64", "arm64"] },
];

/** What this host has installed, whatever its version. */
export const installedIpxe = "installed";

export function releaseNamed(version: string): IpxeRelease | undefined {
  return ipxeReleases.find((release) => release.version === version);
}

/** The file that a release has for UEFI on a processor; undefined where it has none, or is none we know. */
export function ipxeFileFor(cpu: KnownLoader["cpu"], version: string): string | undefined {
  if (!releaseNamed(version)?.cpus.includes(cpu)) return undefined;
  return knownLoaders.find((known) => known.kind === "ipxe" && known.cpu === cpu)?.file;
}
