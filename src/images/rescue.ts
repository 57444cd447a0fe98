import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { projectFolder } from "../core/folders.ts";
import type { FetchedPackage } from "../host/package-store.ts";
import type { CpioEntry } from "./cpio.ts";
import { packCpio } from "./cpio.ts";
import type { KernelModule } from "./kernel-modules.ts";
import { modulesInLoadOrder } from "./kernel-modules.ts";
import type { ImageParts, ImageRecipe } from "./recipe.ts";

const folder = join(projectFolder, "vm-images/rescue");
const init = join(folder, "init");
const leaseScript = join(folder, "udhcpc.script");

/**
 * What this kernel has as modules and a virtual machine's network and disks need; what they depend on is found. It has no driver
 * at all for an e1000 or any other card that is really built: the machine must have a virtio-net card.
 */
const modules = ["virtio_pci", "virtio_net", "virtio_blk"];

/**
 * Notices (5) and worse: the kernel's version, its command line and whatever goes wrong. An emulated serial port prints
 * the rest at no cost that could be measured; a real one at 115,200 baud would take two seconds for it.
 */
const commandLine = (serial: string) => `console=${serial},115200 loglevel=6`;

/** Level 1: Debian's kernel for virtual machines, busybox, and a first process of ours. */
export const rescue: ImageRecipe = {
  name: "rescue",
  level: 1,
  summary: "Debian's cloud kernel and busybox: network by DHCP, a root login on the serial console",
  packages: ["linux-image-cloud-amd64", "busybox-static"],
  sources: [
    ...[init, leaseScript, import.meta.filename],
    ...["cpio.ts", "kernel-modules.ts"].map((name) => join(import.meta.dirname, name)),
  ],
  assemble: (packages) => assemble(packages, commandLine("ttyS0")),
};

/** The same for 64-bit ARM machines. */
export const rescueArm64: ImageRecipe = {
  ...rescue,
  name: "rescue-arm64",
  summary: "The same for 64-bit ARM machines",
  packages: ["linux-image-cloud-arm64", "busybox-static"],
  architecture: "arm64",
  assemble: (packages) => assemble(packages, commandLine("ttyAMA0")),
};

async function assemble(
  [kernel, busybox]: readonly FetchedPackage[],
  commandLine: string,
): Promise<ImageParts> {
  if (kernel === undefined || busybox === undefined) throw new Error("the recipe names two packages");
  const [release = ""] = await readdir(join(kernel.files, "lib/modules"));
  const moduleFolder = join(kernel.files, "lib/modules", release);
  const entries: CpioEntry[] = [
    ...skeleton,
    { type: "symlink", path: "bin/sh", target: "busybox" }, // /init makes the links of all the others
    program("bin/busybox", await readFile(join(busybox.files, "bin/busybox"))),
    program("init", await readFile(init)),
    program("etc/udhcpc.script", await readFile(leaseScript)),
    ...moduleEntries(await modulesInLoadOrder(moduleFolder, modules), moduleFolder, release),
  ];
  return {
    kernel: { name: "vmlinuz", path: join(kernel.files, `boot/vmlinuz-${release}`) },
    initrds: [{ name: "initrd.img", bytes: compress(packCpio(entries)) }],
    files: [],
    commandLine,
  };
}

/**
 * Halves what the loader has to fetch. Under emulation the kernel unpacks it 50 ms slower than plain cpio, about the same
 * with gzip, which leaves an eighth more.
 */
function compress(archive: Uint8Array): Uint8Array {
  return zstdCompressSync(archive, { params: { [constants.ZSTD_c_compressionLevel]: 19 } });
}

const text = (path: string, content: string): CpioEntry => ({
  type: "file",
  path,
  bytes: Buffer.from(content),
});
const program = (path: string, bytes: Uint8Array): CpioEntry => ({ type: "file", path, bytes, mode: 0o755 });

const skeleton: readonly CpioEntry[] = [
  ...["dev", "proc", "sys", "run", "sbin", "usr/bin", "usr/sbin", "mnt", "var"].map(
    (path): CpioEntry => ({ type: "folder", path }),
  ),
  { type: "folder", path: "root", mode: 0o700 },
  { type: "folder", path: "tmp", mode: 0o1777 },
  // The kernel opens it for the first process, which is the one to mount devtmpfs.
  { type: "char-device", path: "dev/console", major: 5, minor: 1 },
  // An empty password: who can reach this console holds the machine anyway. Not in passwd itself: busybox finds no user
  // by his number in a line with an empty field.
  text("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
  text("etc/shadow", "root::1:0:99999:7:::\n"),
  text("etc/group", "root:x:0:\ntty:x:5:\n"),
  text("etc/hostname", "rescue\n"),
  text("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n"),
  text("etc/issue", "dryboot rescue image: log in as root, no password\n"),
  // A serial line has no size of its own.
  text("etc/profile", "stty rows 24 cols 80\nexport PS1='\\u@\\h:\\w\\$ '\n"),
];

function moduleEntries(loaded: readonly KernelModule[], from: string, release: string): CpioEntry[] {
  const paths = loaded.map(({ path }) => `${release}/${relative(from, path)}`);
  return [
    ...loaded.map(({ bytes }, at): CpioEntry => ({ type: "file", path: `lib/modules/${paths[at]}`, bytes })),
    text("lib/modules/load-order", paths.map((path) => `${path}\n`).join("")),
  ];
}
