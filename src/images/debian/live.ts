import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../core/child.ts";
import { DrybootError } from "../../core/errors.ts";
import { projectFolder } from "../../core/folders.ts";
import { fetchPackageSet } from "../../host/package-set.ts";
import { requireTool } from "../../host/require-tool.ts";
import type { BuildWorld, FetchedFile, ImageParts, ImageRecipe } from "../recipe.ts";
import { bootstrap } from "./bootstrap.ts";
import type { DebianRelease } from "./releases.ts";
import { debianReleases } from "./releases.ts";

export interface DebianLiveOptions {
  release?: DebianRelease | undefined;
  /** Installed besides. */
  packages?: readonly string[] | undefined;
}

const customize = join(projectFolder, "vm-images/debian-live/customize.sh");

/** What a machine needs to come up from the network and let somebody in; and zstd, for a smaller initrd. */
const always = ["linux-image-cloud-amd64", "live-boot", "systemd-sysv", "udev", "dbus", "iproute2", "zstd"];

/**
 * live-boot configures the card that BOOTIF names, fetches the file system into memory, and lays a writable one over it.
 * It looks at the ending of the address.
 */
const commandLine = "boot=live fetch={files}/filesystem.squashfs console=ttyS0,115200";

/** A whole Debian in memory: its own kernel, initrd and packages, installed here by its own tools. */
export function debianLive({ release = 12, packages = [] }: DebianLiveOptions = {}): ImageRecipe {
  const { suite, epoch } = debianReleases[release];
  const extra = packages.toSorted();
  const wanted = [...always, ...extra];
  return {
    name: nameOf(release, extra),
    level: 3,
    summary: `Debian ${release} in memory, fetched as one file system: a root login on the serial console`,
    packages: [],
    suite,
    options: { release, packages: extra },
    sources: [customize, ...["live.ts", "bootstrap.ts"].map((name) => join(import.meta.dirname, name))],
    fetch: async ({ store, refresh, signal, onProgress }) => {
      const set = await fetchPackageSet(["?essential", "apt", ...wanted], {
        ...{ store, refresh, suite },
        ...(signal && { signal }),
        ...(onProgress && { onProgress }),
      });
      return set.map((one) => ({ ...one, signedBy: `Debian's archive keys (${suite})` }));
    },
    assemble: async (_, fetched, world) => await assemble({ suite, epoch, wanted }, fetched, world),
  };
}

function nameOf(release: DebianRelease, extra: readonly string[]): string {
  const name = release === 12 ? "debian-live" : `debian-live-${release}`;
  if (extra.length === 0) return name;
  return `${name}-${createHash("sha256").update(extra.join(" ")).digest("hex").slice(0, 8)}`;
}

async function assemble(
  system: { suite: "bookworm" | "trixie"; epoch: number; wanted: readonly string[] },
  packages: readonly FetchedFile[],
  world: BuildWorld,
): Promise<ImageParts> {
  requireTool("mksquashfs", "to pack a system as one file", { where: "image debian-live" });
  const script = await readFile(customize, "utf8");
  const tar = await bootstrap({ ...system, packages, customize: script }, world);
  const options = world.signal === undefined ? {} : { signal: world.signal };
  const list = (await run("tar", ["--list", "--file", tar, "--wildcards", "./boot/*"], options)).split("\n");
  const kernel = theOne(list, /^\.\/boot\/vmlinuz-/);
  const initrd = theOne(list, /^\.\/boot\/initrd\.img-/);
  await run("tar", ["--extract", "--file", tar, "--directory", world.scratch, kernel, initrd], options);
  const squashfs = join(world.scratch, "filesystem.squashfs");
  await pack(tar, squashfs, [kernel, initrd], system.epoch, options);
  await rm(tar);
  return {
    kernel: { name: "vmlinuz", path: join(world.scratch, kernel) },
    initrds: [{ name: "initrd.img", path: join(world.scratch, initrd) }],
    files: [{ name: "filesystem.squashfs", path: squashfs }],
    commandLine,
  };
}

/** mksquashfs reads the archive itself: owners and devices stay what they are, whoever packs them. */
async function pack(
  tar: string,
  squashfs: string,
  without: readonly string[],
  epoch: number,
  options: { signal?: AbortSignal },
): Promise<void> {
  const args = [
    ...["-", squashfs, "-tar", "-noappend", "-quiet", "-no-progress"],
    // Of the root folder itself, which it takes from whoever runs it, with leave for everybody to write.
    ...["-root-mode", "0755", "-root-uid", "0", "-root-gid", "0"],
    // A tenth larger than xz, and unpacked several times as fast.
    ...["-comp", "zstd", "-Xcompression-level", "9"],
    // It has been loaded when the file system is fetched.
    ...["-e", ...without.map((path) => path.replace("./", ""))],
  ];
  await run("sh", ["-c", 'archive=$1; shift; exec mksquashfs "$@" <"$archive"', "sh", tar, ...args], {
    ...options,
    env: { SOURCE_DATE_EPOCH: String(epoch) },
  });
}

function theOne(list: readonly string[], pattern: RegExp): string {
  const [found, ...more] = list.filter((path) => pattern.test(path));
  if (found !== undefined && more.length === 0) return found;
  throw new DrybootError(`the new system has ${more.length + (found ? 1 : 0)} files of the kind ${pattern}`, {
    code: "IMAGE_NO_KERNEL",
    where: "image debian-live",
    hint: "choose no second kernel among `packages`",
  });
}
