import * as z from "zod";
import { parseIpxeVersion } from "../../boot/ipxe-version.ts";
import { installedIpxe } from "../../boot/known-loaders.ts";
import { defaultLoaders } from "../../boot/loaders.ts";
import { loaderFile, meaning } from "./meanings.ts";

export const loaders = z.strictObject({
  ipxe: meaning("`installed`, a release such as 2.0.0, or the name of a build of your own", (text) =>
    /^[a-z0-9][a-z0-9.-]{0,30}$/.test(text),
  )
    .default(installedIpxe)
    .describe(
      "Which iPXE is behind the names of its files (`undionly.kpxe`, `ipxe.pxe`, `snponly.efi`, `ipxe.efi`, `ipxe-arm64.efi`): what this host has installed, `1.0.0`, `1.21.1` or `2.0.0` as Debian packages them, or a build added by `dryboot image add ipxe`. A key below, and a machine's `loader`, may name another one's file: `ipxe-1.21.1/snponly.efi`.",
    ),
  oldestIpxe: meaning("a version such as 2.0.0", (text) => parseIpxeVersion(text) !== undefined)
    .optional()
    .describe(
      "An iPXE that says it is older than this (a card's ROM) is given a loader before its script, as firmware is; without it, every iPXE that can run the script runs it.",
    ),
  autoexec: z
    .enum(["on", "off"])
    .default("off")
    .describe(
      "`on` answers an iPXE that asks for `autoexec.ipxe` (1.21.1 and later) with its script at once; `off` says that there is none, and it asks by DHCP.",
    ),
  bios: loaderFile
    .default(defaultLoaders.bios)
    .describe("For PXE ROMs of BIOS machines (architecture 0); `pxelinux.0` and `lpxelinux.0` are PXELINUX."),
  biosFromIpxe: loaderFile
    .default(defaultLoaders.biosFromIpxe)
    .describe(
      "For BIOS machines whose ROM is an iPXE that lacks what our script needs or is older than `oldestIpxe`.",
    ),
  x64: loaderFile
    .default(defaultLoaders.x64)
    .describe("For x64 UEFI (architectures 7, 9 and, over HTTP, 16); `grubnetx64.efi` is GRUB."),
  ia32: loaderFile
    .optional()
    .describe("For 32-bit x86 UEFI (architectures 6 and 15); without it they get none."),
  arm64: loaderFile
    .optional()
    .describe(
      "For ARM64 UEFI (architectures 11 and 19); without it, what a release named by `ipxe` has for them.",
    ),
});
