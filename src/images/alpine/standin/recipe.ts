import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import type { FetchedPackage } from "../../../host/package-store.ts";
import type { BuildWorld, FetchedFile, ImageParts, ImageRecipe } from "../../recipe.ts";
import type { MinirootfsBranch } from "../minirootfs.ts";
import { fetchMinirootfs, minirootfsReleases } from "../minirootfs.ts";
import { initramfsSources, packInitramfs } from "./initramfs.ts";
import { packModloop } from "./modloop.ts";

export interface StandinOptions {
  branch: MinirootfsBranch;
  /** Names the files, as Alpine does. The kernel is the same. */
  flavor: "virt" | "lts";
}

/** Notices (5) and worse; see rescue.ts. */
const loglevel = "loglevel=6";

const code = ["initramfs.ts", "modloop.ts", "recipe.ts", "../tar.ts"];
const shared = ["cpio.ts", "kernel-modules.ts", "module-index.ts", "squashfs.ts"];

/**
 * Level 2: what a netboot of Alpine fetches, made from its minirootfs and Debian's kernel for virtual machines. The first
 * process is ours, and says so; apk, the packages it installs and what then runs are Alpine's.
 */
export function alpineStandin({ branch, flavor }: StandinOptions): ImageRecipe {
  const { version } = minirootfsReleases[branch];
  return {
    name: `alpine-standin-${version}-${flavor}`,
    level: 2,
    summary: `Stand-in for the netboot files of Alpine ${version} (${flavor}): its minirootfs on Debian's cloud kernel`,
    packages: ["linux-image-cloud-amd64"],
    sources: [
      ...initramfsSources,
      ...code.map((name) => join(import.meta.dirname, name)),
      ...shared.map((name) => join(import.meta.dirname, "../..", name)),
    ],
    options: { branch, flavor },
    fetch: async (world) => [await fetchMinirootfs(branch, "x86_64", world)],
    assemble: (packages, fetched, world) => assemble({ branch, flavor }, packages, fetched, world),
  };
}

async function assemble(
  { branch, flavor }: StandinOptions,
  [kernel]: readonly FetchedPackage[],
  [minirootfs]: readonly FetchedFile[],
  world: BuildWorld,
): Promise<ImageParts> {
  if (!kernel || !minirootfs) throw new Error("the recipe names a package and a file");
  const [release = ""] = await readdir(join(kernel.files, "lib/modules"));
  const modules = join(kernel.files, "lib/modules", release);
  const initramfs = await packInitramfs(await readFile(minirootfs.path), { modules, release });
  return {
    kernel: { name: `vmlinuz-${flavor}`, path: join(kernel.files, `boot/vmlinuz-${release}`) },
    initrds: [{ name: `initramfs-${flavor}`, bytes: compress(initramfs) }],
    files: [{ name: `modloop-${flavor}`, path: await packModloop(modules, release, world) }],
    commandLine: [
      "modules=loop,squashfs ip=dhcp",
      `alpine_repo={http}/mirror/alpine/${branch}/main modloop={files}/modloop-${flavor}`,
      `${loglevel} console=ttyS0,115200`,
    ].join(" "),
  };
}

function compress(archive: Uint8Array): Uint8Array {
  return zstdCompressSync(archive, { params: { [constants.ZSTD_c_compressionLevel]: 19 } });
}
