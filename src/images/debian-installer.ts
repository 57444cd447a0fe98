import { join } from "node:path";
import { projectFolder } from "../core/folders.ts";
import type { FetchedPackage } from "../host/package-store.ts";
import type { ImageParts, ImageRecipe } from "./recipe.ts";

const preseed = join(projectFolder, "vm-images/debian-installer/preseed.cfg");

/**
 * TERM: on a serial line the installer starts in GNU screen unless the terminal is a dumb one. `DEBIAN_FRONTEND=text`
 * asks its questions as lines instead of drawn boxes. `auto` puts off all questions until the file at `url` is there.
 */
const commandLine = [
  ...["console=ttyS0,115200", "TERM=dumb", "DEBIAN_FRONTEND=text"],
  ...["auto=true", "priority=critical", "url={files}/preseed.cfg", "---"],
].join(" ");

/** What the serial console shows when the installer has its network and its preseed file, and asks its first question. */
export const debianInstallerFirstScreen = /Debian archive mirror country:/;

/** Level 3: Debian 12's own netboot kernel and initrd, unchanged, with a preseed file of ours. */
export const debianInstaller: ImageRecipe = {
  name: "debian-installer",
  level: 3,
  summary: "Debian 12's own netboot installer, preseeded up to its first question",
  packages: ["debian-installer-12-netboot-amd64"],
  sources: [preseed, import.meta.filename],
  assemble: async ([installer]: readonly FetchedPackage[]): Promise<ImageParts> => {
    if (installer === undefined) throw new Error("the recipe names one package");
    const tree = "usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64";
    return {
      kernel: { name: "linux", path: join(installer.files, tree, "linux") },
      initrds: [{ name: "initrd.gz", path: join(installer.files, tree, "initrd.gz") }],
      files: [{ name: "preseed.cfg", path: preseed }],
      commandLine,
    };
  },
};
