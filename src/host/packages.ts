import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { loaderFiles, loaderFolders, romFolders, uefiPlaces } from "./firmware-places.ts";

export const managers = ["apt", "dnf", "pacman", "apk", "nix"] as const;
export type Manager = (typeof managers)[number];

/** Something of the host's that dryboot uses, and the packages that bring it. */
export interface Need {
  /** What a person would call it. */
  readonly name: string;
  /** What is lost without it. */
  readonly for: string;
  /** Programs that must all be there (or a file instead), or files of which one is enough: distributions disagree. */
  readonly found:
    | { readonly programs: readonly string[]; readonly orFile?: string }
    | { readonly anyFile: readonly string[] };
  /** Packages by manager, or why there is none to name. */
  readonly packages: Readonly<Record<Manager, readonly string[] | { readonly none: string }>>;
}

/** QEMU's own folders, guessed: asking it takes longer than this whole check may. */
const qemuFolders = [
  "/usr/share/qemu",
  "/usr/local/share/qemu",
  "/run/current-system/sw/share/qemu",
  "/nix/var/nix/profiles/default/share/qemu",
];

function inQemuFolders(places: readonly string[]): string[] {
  return places.flatMap((place) =>
    place.includes("{data}") ? qemuFolders.map((folder) => place.replace("{data}", folder)) : [place],
  );
}

/**
 * Everything dryboot takes from the host, and the only place where package names stand. Those of apt are tried on
 * every change (Debian 12); the others were read in the distributions' package lists and have not been run.
 */
export const needs: readonly Need[] = [
  {
    name: "QEMU",
    for: "the virtual machines, with SeaBIOS for the BIOS lane",
    found: { programs: ["qemu-system-x86_64"], orFile: "/usr/libexec/qemu-kvm" /* Red Hat */ },
    packages: {
      apt: ["qemu-system-x86"],
      dnf: ["qemu-system-x86-core"],
      pacman: ["qemu-system-x86"],
      apk: ["qemu-system-x86_64"],
      nix: ["qemu"],
    },
  },
  {
    name: "UEFI firmware (OVMF)",
    for: "the UEFI lanes",
    found: { anyFile: inQemuFolders(uefiPlaces.map(([code]) => code)) },
    packages: { apt: ["ovmf"], dnf: ["edk2-ovmf"], pacman: ["edk2-ovmf"], apk: ["ovmf"], nix: ["qemu"] },
  },
  {
    name: "iPXE option ROMs",
    for: "QEMU's network cards in the BIOS lane",
    found: { anyFile: inQemuFolders(romFolders).map((folder) => join(folder, "pxe-virtio.rom")) },
    packages: {
      apt: ["ipxe-qemu"],
      dnf: ["ipxe-roms-qemu"],
      pacman: ["qemu-system-x86-firmware"],
      apk: ["qemu-system-x86_64"],
      nix: ["qemu"],
    },
  },
  {
    name: "iPXE loaders",
    for: "what firmware is given to load",
    found: {
      anyFile: loaderFolders.flatMap((folder) =>
        loaderFiles["snponly.efi"].map((name) => join(folder, name)),
      ),
    },
    packages: {
      apt: ["ipxe"],
      dnf: ["ipxe-bootimgs-x86"],
      pacman: ["ipxe"],
      apk: { none: "Alpine carries no iPXE but the one with its own menu" },
      nix: ["ipxe"],
    },
  },
  {
    name: "namespace tools (util-linux)",
    for: "the lab's own network, and ending children with their parent",
    found: { programs: ["unshare", "nsenter", "setpriv", "flock", "mount"] },
    packages: {
      apt: ["util-linux", "mount"],
      dnf: ["util-linux"],
      pacman: ["util-linux"],
      apk: ["util-linux-misc", "setpriv", "flock"],
      nix: ["util-linux"],
    },
  },
  {
    name: "ip (iproute2)",
    for: "the lab's bridge and taps",
    found: { programs: ["ip"] },
    packages: {
      apt: ["iproute2"],
      dnf: ["iproute"],
      pacman: ["iproute2"],
      apk: ["iproute2"],
      nix: ["iproute2"],
    },
  },
  {
    name: "apt and dpkg-deb",
    for: "fetching and unpacking Debian's kernels and installers into the store",
    found: { programs: ["apt-get", "apt-config", "dpkg-deb"] },
    packages: {
      apt: ["apt", "dpkg"],
      dnf: ["apt", "dpkg"],
      pacman: ["apt", "dpkg"],
      apk: { none: "Alpine carries dpkg but no apt" },
      nix: ["apt", "dpkg"],
    },
  },
  {
    name: "mksquashfs (squashfs-tools)",
    for: "packing the file systems of images that mount one from memory",
    found: { programs: ["mksquashfs"] },
    packages: {
      apt: ["squashfs-tools"],
      dnf: ["squashfs-tools"],
      pacman: ["squashfs-tools"],
      apk: ["squashfs-tools"],
      nix: ["squashfsTools"],
    },
  },
  {
    name: "Debian's archive keys",
    for: "verifying what is fetched from Debian",
    found: {
      anyFile: [
        "/usr/share/keyrings/debian-archive-keyring.gpg",
        "/usr/share/keyrings/debian-archive-keyring.pgp", // its name from Debian 13 on; the other is a link there
      ],
    },
    packages: {
      apt: ["debian-archive-keyring"],
      dnf: ["debian-keyring"],
      pacman: ["debian-archive-keyring"],
      apk: ["debian-archive-keyring"],
      nix: { none: "take the file from Debian's package `debian-archive-keyring`" },
    },
  },
];

export const armProgram = "qemu-system-aarch64";

/** What single lanes need besides: installed for the tests, and where a person asks for it. Firmware is not among it. */
export const laneNeeds: readonly Need[] = [
  {
    name: "QEMU for ARM",
    for: "the lane arm64-uefi",
    found: { programs: [armProgram] },
    packages: {
      apt: ["qemu-system-arm"],
      dnf: ["qemu-system-aarch64-core"],
      pacman: ["qemu-system-aarch64"],
      apk: ["qemu-system-aarch64"],
      nix: ["qemu"],
    },
  },
];

/** How this machine is looked at; a test hands in another. */
export interface HostFiles {
  exists(path: string): boolean;
  isProgram(name: string): boolean;
}

/**
 * The files of this machine. Debian keeps `ip` and others in `sbin`, which is not in an ordinary user's path, so those
 * folders are looked through as well. Synchronous: some thirty look-ups take less than one turn of the thread pool.
 */
export function hostFiles(path?: string): HostFiles {
  const folders = programFolders(path);
  return {
    exists: (file) => existsSync(file),
    isProgram: (name) => folders.some((folder) => isExecutable(join(folder, name))),
  };
}

/** Where programs are looked for. */
export function programFolders(path: string = process.env["PATH"] ?? ""): string[] {
  const folders = new Set([...path.split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"]);
  folders.delete(""); // POSIX reads it as the working folder, where nobody keeps tools on purpose
  return [...folders];
}

/** Where a program is, found as `hostFiles` does. */
export function findProgram(name: string): string | undefined {
  return programFolders()
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function isThere(need: Need, files: HostFiles): boolean {
  const { found } = need;
  if ("anyFile" in found) return found.anyFile.some(files.exists);
  return found.programs.every(files.isProgram) || (found.orFile !== undefined && files.exists(found.orFile));
}

export function missingNeeds(files: HostFiles, among: readonly Need[] = needs): Need[] {
  return among.filter((need) => !isThere(need, files));
}
