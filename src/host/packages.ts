import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export const managers = ["apt", "dnf", "pacman", "apk", "nix"] as const;
export type Manager = (typeof managers)[number];

/** Something of the host's that dryboot uses, and the packages that bring it. */
export interface Need {
  /** What a person would call it. */
  readonly name: string;
  /** What is lost without it. */
  readonly for: string;
  /** Programs that must all be there, or files of which one is enough: distributions disagree on places. */
  readonly found: { readonly programs: readonly string[] } | { readonly anyFile: readonly string[] };
  /** Packages by manager, or why there is none to name. */
  readonly packages: Readonly<Record<Manager, readonly string[] | { readonly none: string }>>;
}

/**
 * Everything dryboot takes from the host, and the only place where package names stand. Those of apt are tried on
 * every change (Debian 12); the others were read in the distributions' package lists and have not been run.
 */
export const needs: readonly Need[] = [
  {
    name: "QEMU",
    for: "the virtual machines, with SeaBIOS for the BIOS lane",
    found: { programs: ["qemu-system-x86_64"] },
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
    found: {
      anyFile: [
        "/usr/share/OVMF/OVMF_CODE_4M.fd", // Debian, Ubuntu
        "/usr/share/OVMF/OVMF_CODE.fd", // Alpine, older Debian
        "/usr/share/edk2/ovmf/OVMF_CODE_4M.qcow2", // Fedora 38 and later
        "/usr/share/edk2/ovmf/OVMF_CODE.fd", // RHEL, older Fedora
        "/usr/share/edk2/x64/OVMF_CODE.4m.fd", // Arch
        "/usr/share/qemu/edk2-x86_64-code.fd", // QEMU's own copy
        "/nix/var/nix/profiles/default/share/qemu/edk2-x86_64-code.fd",
        "/run/current-system/sw/share/qemu/edk2-x86_64-code.fd",
      ],
    },
    packages: { apt: ["ovmf"], dnf: ["edk2-ovmf"], pacman: ["edk2-ovmf"], apk: ["ovmf"], nix: ["qemu"] },
  },
  {
    name: "iPXE option ROMs",
    for: "QEMU's network cards in the BIOS lane",
    found: {
      anyFile: [
        "/usr/lib/ipxe/qemu/pxe-virtio.rom", // Debian, Ubuntu
        "/usr/share/ipxe/qemu/pxe-virtio.rom", // Fedora
        "/usr/share/qemu/pxe-virtio.rom", // QEMU's own copy
        "/nix/var/nix/profiles/default/share/qemu/pxe-virtio.rom",
        "/run/current-system/sw/share/qemu/pxe-virtio.rom",
      ],
    },
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
      anyFile: [
        "/usr/lib/ipxe/snponly.efi", // Debian, Ubuntu
        "/usr/share/ipxe/ipxe-snponly-x86_64.efi", // Fedora
        "/nix/var/nix/profiles/default/ipxe.efi",
        "/run/current-system/sw/ipxe.efi",
      ],
    },
    packages: {
      apt: ["ipxe"],
      dnf: ["ipxe-bootimgs-x86"],
      pacman: { none: "Arch carries iPXE only in the AUR: build `ipxe-git` there" },
      apk: { none: "Alpine carries no iPXE loaders" },
      nix: ["ipxe"],
    },
  },
  {
    name: "namespace tools (util-linux)",
    for: "the lab's own network, and ending children with their parent",
    found: { programs: ["unshare", "nsenter", "setpriv", "flock"] },
    packages: {
      apt: ["util-linux"],
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

/** How this machine is looked at; a test hands in another. */
export interface HostFiles {
  exists(path: string): boolean;
  isProgram(name: string): boolean;
}

/**
 * The files of this machine. Debian keeps `ip` and others in `sbin`, which is not in an ordinary user's path, so those
 * folders are looked through as well. Synchronous: some thirty look-ups take less than one turn of the thread pool.
 */
export function hostFiles(path: string = process.env["PATH"] ?? ""): HostFiles {
  const folders = new Set([...path.split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"]);
  folders.delete(""); // POSIX reads it as the working folder, where nobody keeps tools on purpose
  return {
    exists: (file) => existsSync(file),
    isProgram: (name) => [...folders].some((folder) => isExecutable(join(folder, name))),
  };
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
  return "programs" in found ? found.programs.every(files.isProgram) : found.anyFile.some(files.exists);
}

export function missingNeeds(files: HostFiles): Need[] {
  return needs.filter((need) => !isThere(need, files));
}
