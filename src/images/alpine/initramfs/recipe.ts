import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { projectFolder } from "../../../core/folders.ts";
import type { FetchedPackage } from "../../../host/package-store.ts";
import type { CpioEntry } from "../../cpio.ts";
import { packCpio } from "../../cpio.ts";
import { microcodeArchive } from "../../microcode.ts";
import type { BuildWorld, FetchedFile, FetchWorld, ImageParts, ImageRecipe } from "../../recipe.ts";
import { fetchMinirootfs, minirootfsReleases } from "../minirootfs.ts";
import { alpineKeys } from "../trusted-keys.ts";
import { buildTree } from "./build-tree.ts";
import { enterScript } from "./chroot.ts";
import { fetchAlpinePackages } from "./fetch-packages.ts";
import { debianKernel } from "./kernel.ts";
import type { AlpineInitramfsOptions } from "./options.ts";
import { membersOf } from "./pack.ts";
import { digestOfFiles, skeletonIn } from "./skeleton.ts";
import type { TreeFile } from "./tree.ts";

const folder = join(projectFolder, "vm-images/alpine-initramfs");

/** No repository and no modloop: all there is has been loaded. loglevel: notices (5) and worse, as in rescue.ts. */
const commandLine = "console=ttyS0,115200 loglevel=6";

const code = [
  "build-tree.ts",
  "chroot.ts",
  "kernel.ts",
  "owners.ts",
  "pack.ts",
  "recipe.ts",
  "runlevels.ts",
  "tree.ts",
];
const shared = [
  ...["alpine/apk-package.ts", "alpine/tar.ts", "cpio.ts", "kernel-modules.ts", "microcode.ts"],
  "module-index.ts",
];

/**
 * Level 2: an Alpine of packages or of the minirootfs, all in one initramfs, on Debian's kernel for virtual machines. With
 * packages it boots by real OpenRC; with the minirootfs alone by busybox init and a script of ours.
 */
export function alpineInitramfs(options: AlpineInitramfsOptions): ImageRecipe {
  const { branch, packages, repositories, services, modules, owners } = options;
  const { version } = minirootfsReleases[branch];
  const world = packages.length === 0 ? [] : [...new Set(["alpine-base", ...packages])];
  const said = {
    ...{ branch, version, world, repositories, services, modules, owners },
    skeleton: options.skeleton === undefined ? "" : digestOfFiles(skeletonIn(options.skeleton)),
    setup: options.setup === undefined ? "" : digestOfFiles([setupFile(options.setup)]),
    ours: digestOfFiles(ours(world.length > 0)),
    ...microcodeSaid(options),
  };
  const digest = createHash("sha256").update(JSON.stringify(said)).digest("hex");
  const of = world.length === 0 ? "its minirootfs" : `${world.join(", ")} and what they need`;
  return {
    name: `alpine-initramfs-${branch.slice(1)}-${digest.slice(0, 8)}`,
    level: 2,
    summary: `Alpine ${branch.slice(1)} all in the initramfs (${of}) on Debian's cloud kernel`,
    packages: ["linux-image-cloud-amd64"],
    sources: [
      enterScript,
      ...code.map((name) => join(import.meta.dirname, name)),
      ...shared.map((name) => join(import.meta.dirname, "../..", name)),
    ],
    options: said,
    fetch: (fetching) => fetchAll(branch, world, repositories, fetching),
    assemble: (debian, fetched, building) =>
      assemble({ ...options, packages: world }, debian, fetched, building),
  };
}

async function fetchAll(
  branch: AlpineInitramfsOptions["branch"],
  world: readonly string[],
  repositories: readonly string[],
  fetching: FetchWorld,
): Promise<FetchedFile[]> {
  const minirootfs = await fetchMinirootfs(branch, "x86_64", fetching);
  if (world.length === 0) return [minirootfs];
  const wanted = { branch, arch: "x86_64", repositories, world, keys: alpineKeys("x86_64") };
  return [minirootfs, ...(await fetchAlpinePackages(wanted, fetching))];
}

async function assemble(
  options: AlpineInitramfsOptions,
  [kernelPackage]: readonly FetchedPackage[],
  fetched: readonly FetchedFile[],
  world: BuildWorld,
): Promise<ImageParts> {
  if (kernelPackage === undefined) throw new Error("the recipe names a kernel");
  const tree = await buildTree(options, fetched, ours(options.packages.length > 0), world);
  const kernel = await debianKernel(kernelPackage.files, options.modules);
  const members = await membersOf(tree, options.owners);
  world.signal?.throwIfAborted();
  const archive = compress(packCpio([...members, ...kernel.modules, ...first]));
  const microcode = microcodeArchive(options.microcode ?? {});
  return {
    kernel: { name: "vmlinuz", path: kernel.vmlinuz },
    initrds: [{ name: "initrd.img", bytes: microcode ? Buffer.concat([microcode, archive]) : archive }],
    files: [],
    commandLine,
  };
}

/** What the kernel itself looks for: its first process, and a console for it, since devtmpfs is mounted later. */
const first: readonly CpioEntry[] = [
  { type: "symlink", path: "init", target: "/sbin/init" },
  { type: "char-device", path: "dev/console", major: 5, minor: 1 },
];

/** An eighth larger than at level 19, and there in a tenth of the time. */
function compress(archive: Uint8Array): Uint8Array {
  return zstdCompressSync(archive, { params: { [constants.ZSTD_c_compressionLevel]: 9 } });
}

function ours(withOpenrc: boolean): TreeFile[] {
  const parts = ["common", withOpenrc ? "openrc" : "busybox"];
  return parts.flatMap((part) => [...skeletonIn(join(folder, part))]);
}

/** Of an image without any the name stays what it was. */
function microcodeSaid({ microcode = {} }: AlpineInitramfsOptions): { microcode?: string } {
  const archive = microcodeArchive(microcode);
  return archive ? { microcode: createHash("sha256").update(archive).digest("hex") } : {};
}

function setupFile(path: string): TreeFile {
  return { path: basename(path), bytes: readFileSync(path), mode: 0o755 };
}
