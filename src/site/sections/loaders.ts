import * as z from "zod";
import { defaultLoaders } from "../../boot/loaders.ts";
import { loaderFile } from "./meanings.ts";

export const loaders = z.strictObject({
  bios: loaderFile.default(defaultLoaders.bios).describe("For PXE ROMs of BIOS machines (architecture 0)."),
  biosFromIpxe: loaderFile
    .default(defaultLoaders.biosFromIpxe)
    .describe(
      "For BIOS machines whose ROM is an iPXE that lacks what our script needs; it must bring its own drivers.",
    ),
  x64: loaderFile
    .default(defaultLoaders.x64)
    .describe("For x64 UEFI (architectures 7, 9 and, over HTTP, 16)."),
  ia32: loaderFile
    .optional()
    .describe("For 32-bit x86 UEFI (architectures 6 and 15); without it they get none."),
  arm64: loaderFile
    .optional()
    .describe("For ARM64 UEFI (architectures 11 and 19); without it they get none."),
});
