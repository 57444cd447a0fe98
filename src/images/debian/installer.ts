import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DrybootError } from "../../core/errors.ts";
import { projectFolder } from "../../core/folders.ts";
import type { FetchedPackage } from "../../host/package-store.ts";
import type { ImageParts, ImageRecipe } from "../recipe.ts";
import type { DebianRelease } from "./releases.ts";
import { debianReleases } from "./releases.ts";

export interface DebianInstallerOptions {
  release?: DebianRelease | undefined;
  /** A preseed file of the site's; without it, ours answers up to the first real question. */
  preseed?: string | undefined;
}

const upToTheFirstQuestion = join(projectFolder, "vm-images/debian-installer/preseed.cfg");

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

/** Level 3: Debian's own netboot kernel and initrd, unchanged, with a preseed file. */
export function debianInstaller({ release = 12, preseed }: DebianInstallerOptions = {}): ImageRecipe {
  const answers = preseed ?? upToTheFirstQuestion;
  if (preseed !== undefined && !existsSync(preseed)) throw noPreseed(preseed);
  return {
    name: nameOf(release, preseed),
    level: 3,
    summary:
      preseed === undefined
        ? `Debian ${release}'s own netboot installer, preseeded up to its first question`
        : `Debian ${release}'s own netboot installer, with a preseed file of the site's`,
    packages: [`debian-installer-${release}-netboot-amd64`],
    suite: debianReleases[release].suite,
    sources: [answers, import.meta.filename],
    assemble: async ([installer]: readonly FetchedPackage[]): Promise<ImageParts> => {
      if (installer === undefined) throw new Error("the recipe names one package");
      const tree = `usr/lib/debian-installer/images/${release}/amd64/text/debian-installer/amd64`;
      return {
        kernel: { name: "linux", path: join(installer.files, tree, "linux") },
        initrds: [{ name: "initrd.gz", path: join(installer.files, tree, "initrd.gz") }],
        files: [{ name: "preseed.cfg", path: answers }],
        commandLine,
      };
    },
  };
}

function nameOf(release: DebianRelease, preseed: string | undefined): string {
  const name = release === 12 ? "debian-installer" : `debian-installer-${release}`;
  if (preseed === undefined) return name;
  return `${name}-${createHash("sha256").update(preseed).digest("hex").slice(0, 8)}`;
}

function noPreseed(path: string): DrybootError {
  return new DrybootError("the preseed file of an installer is not there", {
    code: "PRESEED_MISSING",
    where: path,
    hint: "`preseed` of an image is a path from the site file's folder",
    exitCode: 2,
  });
}
