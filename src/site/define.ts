import type { SiteFile } from "./schema.ts";

type Image = NonNullable<SiteFile["images"]>[string];
type ImageOptions = Omit<Image, "recipe">;

/** Checks a site file while it is typed; `export default defineSite({ ... })`. */
export function defineSite(site: SiteFile): SiteFile {
  return site;
}

/** A small system in memory with a root login on the serial console. */
export function rescue(options: ImageOptions = {}) {
  return { recipe: "rescue", ...options } as const;
}

/** The same for 64-bit ARM machines. */
export function rescueArm64(options: ImageOptions = {}) {
  return { recipe: "rescue-arm64", ...options } as const;
}

/** Debian's own installer, as the archive has it: up to its first question, or as far as a preseed file answers. */
export function debianInstaller(options: ImageOptions & { release?: 12 | 13; preseed?: string } = {}) {
  return { recipe: "debian-installer", ...options } as const;
}

/** A whole Debian in memory, with more packages of its archive if wanted. */
export function debianLive(options: ImageOptions & { release?: 12 | 13; packages?: string[] } = {}) {
  return { recipe: "debian-live", ...options } as const;
}

/** Memtest86+ for BIOS, which tests the memory until it is switched off. */
export function memtest(options: ImageOptions = {}) {
  return { recipe: "memtest", ...options } as const;
}

/** The same for UEFI. */
export function memtestEfi(options: ImageOptions = {}) {
  return { recipe: "memtest-efi", ...options } as const;
}

type NixosOptions = Extract<NonNullable<SiteFile["images"]>[string], { recipe: "nixos" }>;

/** NixOS as somebody has built it: a published release, by Nix on this machine, or files of one in a folder. */
export function nixos(options: Omit<NixosOptions, "recipe">) {
  return { recipe: "nixos", ...options } as const;
}

/** The format of a NixOS netboot without NixOS: a rehearsal for machines that will boot one. */
export function nixosStandin(options: ImageOptions & { stage1?: "systemd" | "scripted" } = {}) {
  return { recipe: "nixos-standin", ...options } as const;
}

/** Alpine Linux from memory: its own netboot files, or from its minirootfs a stand-in for them. */
export function alpine(options: Omit<Extract<Image, { recipe: "alpine" }>, "recipe">) {
  return { recipe: "alpine", ...options } as const;
}

/** Alpine Linux all in its initramfs: no repository and no modloop when it boots. */
export function alpineInitramfs(options: Omit<Extract<Image, { recipe: "alpine-initramfs" }>, "recipe">) {
  return { recipe: "alpine-initramfs", ...options } as const;
}
