import { join } from "node:path";
import type { FetchedPackage } from "../host/package-store.ts";
import type { ImageParts, ImageRecipe } from "./recipe.ts";

/** What its screen shows as soon as it is there, and then all the time. */
export const memtestScreen = /Memtest86\+ v\d/;

/** Level 3: Debian's own build. A BIOS boots it as a kernel; it has no initrd and asks the network for nothing. */
export const memtest: ImageRecipe = {
  name: "memtest",
  level: 3,
  summary: "Memtest86+ as Debian packages it, for BIOS: tests the memory until it is switched off",
  packages: ["memtest86+"],
  sources: [import.meta.filename],
  assemble: (packages) => assemble(packages, "bin"),
};

/** The same as a UEFI program: version 6 has a file for each. */
export const memtestEfi: ImageRecipe = {
  ...memtest,
  name: "memtest-efi",
  summary: "The same for UEFI",
  assemble: (packages) => assemble(packages, "efi"),
};

async function assemble([memtest]: readonly FetchedPackage[], kind: "bin" | "efi"): Promise<ImageParts> {
  if (memtest === undefined) throw new Error("the recipe names one package");
  return {
    kernel: { name: `memtest86.${kind}`, path: join(memtest.files, `boot/memtest86+x64.${kind}`) },
    initrds: [],
    files: [],
    commandLine: "console=ttyS0,115200",
  };
}
