import * as z from "zod";
import { minirootfsBranches } from "../../images/alpine/minirootfs.ts";
import { commandLine } from "./meanings.ts";

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
    .enum(["rescue", "rescue-arm64", "debian-installer", "memtest", "memtest-efi"])
    .describe(
      "What is booted: `rescue` is a shell in memory, `rescue-arm64` the same for 64-bit ARM, `debian-installer` Debian's own installer, `memtest` a test of the memory on BIOS, `memtest-efi` the same on UEFI.",
    ),
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
  recipe: z.literal("alpine").describe("Alpine Linux, from memory."),
  from: z
    .enum(["minirootfs"])
    .describe(
      "What it is made from. `minirootfs`: a stand-in for Alpine's netboot files (level 2), made from its minirootfs and Debian's kernel for virtual machines.",
    ),
  branch: z.enum(minirootfsBranches).describe("Its release branch, and the mirror's folder."),
  flavor: z
    .enum(["virt", "lts"])
    .default("virt")
    .describe("`virt` for virtual machines, `lts` for hardware; of the stand-in, only the files' names."),
  ...common,
});

/** One variant for each kind of image: src/images/recipes.ts has its recipe. */
export const image = z.discriminatedUnion("recipe", [plain, nixosStandin, alpine]);
