import * as z from "zod";
import { alpineInitramfsOptions } from "./alpine-initramfs.ts";
import { commandLine, meaning } from "./meanings.ts";

/** What every image may say besides how it is made. */
const common = {
  commandLine: commandLine
    .optional()
    .describe("Words added to the image's kernel command line, with [variables](#variables) in braces."),
  replaceCommandLine: commandLine
    .optional()
    .describe("A kernel command line instead of the image's own; what is needed to boot is added in front."),
};

const plain = z.strictObject({
  recipe: z
    .enum(["rescue", "rescue-arm64", "memtest", "memtest-efi"])
    .describe(
      "What is booted: `rescue` is a shell in memory, `rescue-arm64` the same for 64-bit ARM, `memtest` a test of the memory on BIOS, `memtest-efi` the same on UEFI.",
    ),
  ...common,
});

const path = meaning("a path", (text) => /^\P{Cc}{1,4000}$/u.test(text));

const nixos = z.strictObject({
  recipe: z.literal("nixos").describe("NixOS as somebody has built it: [docs/nixos.md](nixos.md)."),
  from: path.describe(
    "Where it comes from: `release`, a published build; `nix-build`, built here by Nix; or a path, relative to this file: a folder with bzImage, initrd and netboot.ipxe, or a kexec tarball.",
  ),
  release: meaning("a release such as nixos-26.05, or nixos-unstable", (text) =>
    /^nixos-(\d\d\.\d\d|unstable)$/.test(text),
  )
    .optional()
    .describe("With `from` `release`: which."),
  configuration: path
    .optional()
    .describe("With `from` `nix-build`: the configuration's module, a path relative to this file."),
  flake: meaning("a flake and a name of its nixosConfigurations, such as .#node", (text) =>
    /^[^\s#"'\\$`-][^\s#"'\\$`]*#[A-Za-z_][\w-]*$/.test(text),
  )
    .optional()
    .describe(
      "With `from` `nix-build`, in place of `configuration`: a flake, and one of its `nixosConfigurations`.",
    ),
  system: z
    .enum(["x86_64-linux", "aarch64-linux"])
    .default("x86_64-linux")
    .describe("The machines it is for, as Nix calls them."),
  ...common,
});

const release = z
  .union([z.literal(12), z.literal(13)])
  .default(12)
  .describe("The release of Debian: 12 (bookworm) or 13 (trixie).");

const debianInstaller = z.strictObject({
  recipe: z
    .literal("debian-installer")
    .describe("Debian's own installer, as its archive has it: [docs/debian.md](debian.md)."),
  release,
  preseed: z
    .string()
    .min(1)
    .optional()
    .describe(
      "The file that answers its questions, by its path from the site file; without it, one that gets it to its first real question.",
    ),
  ...common,
});

const debianLive = z.strictObject({
  recipe: z
    .literal("debian-live")
    .describe("A whole Debian in memory, put together here from its packages: [docs/debian.md](debian.md)."),
  release,
  packages: z
    .array(
      meaning("the name of a Debian package", (text) =>
        /^[a-z0-9][a-z0-9+.-]{0,98}[a-z0-9+]$/.test(text),
      ).describe("One package."),
    )
    .max(200)
    .default([])
    .describe("Packages of Debian's archive to install besides, with all they depend on."),
  ...common,
});

const nixosStandin = z.strictObject({
  recipe: z
    .literal("nixos-standin")
    .describe("The format of a NixOS netboot without NixOS, to rehearse one: [docs/nixos.md](nixos.md)."),
  stage1: z
    .enum(["systemd", "scripted"])
    .default("systemd")
    .describe("How it begins: with `systemd`, as NixOS since 26.05, or `scripted`, as up to 25.11."),
  ...common,
});

const alpine = z.strictObject({
  recipe: z.literal("alpine").describe("Alpine Linux, from memory: [docs/alpine.md](alpine.md)."),
  from: z
    .enum(["netboot", "minirootfs"])
    .describe(
      "What it is made from. `netboot`: Alpine's own netboot files, from its signed tarball (level 3). `minirootfs`: a stand-in for them (level 2), made from Alpine's minirootfs and Debian's kernel for virtual machines.",
    ),
  branch: meaning("a branch such as v3.19", (text) => /^v3\.\d{1,3}$/.test(text)).describe(
    "Its release branch, and the mirror's folder.",
  ),
  version: meaning("a release such as 3.19.4", (text) => /^3\.\d{1,3}\.\d{1,3}$/.test(text))
    .optional()
    .describe("Its release. Without it, of `netboot` the newest that Alpine names for the branch."),
  flavor: z
    .enum(["virt", "lts"])
    .default("virt")
    .describe("`virt` for virtual machines, `lts` for hardware; of the stand-in, only the files' names."),
  arch: z.enum(["x86_64", "aarch64"]).default("x86_64").describe("The machines' processor."),
  ...common,
});

const alpineInitramfs = z.strictObject({
  recipe: z
    .literal("alpine-initramfs")
    .describe("Alpine Linux all in its initramfs: [docs/alpine-initramfs.md](alpine-initramfs.md)."),
  ...alpineInitramfsOptions,
  ...common,
});

/** One variant for each kind of image: src/images/recipes.ts has its recipe. */
export const image = z.discriminatedUnion("recipe", [
  plain,
  debianInstaller,
  debianLive,
  nixos,
  nixosStandin,
  alpine,
  alpineInitramfs,
]);
