import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { projectFolder } from "../../../core/folders.ts";
import type { CpioEntry } from "../../cpio.ts";
import { packCpio } from "../../cpio.ts";
import { modulesInLoadOrder } from "../../kernel-modules.ts";
import { moduleIndex } from "../../module-index.ts";
import type { TarEntry } from "../tar.ts";
import { decodeTar } from "../tar.ts";

const folder = join(projectFolder, "vm-images/alpine");

/** What of it comes from us. */
export const initramfsSources: readonly string[] = [join(folder, "init"), join(folder, "udhcpc.script")];

/** What a machine of QEMU's needs to fetch the rest, and to mount it. */
const drivers = ["virtio_pci", "virtio_net", "virtio_blk", "loop", "squashfs", "overlay"];

// Three times what the largest of the releases holds.
const limits = { field: "minirootfs", maxEntries: 3000, maxBytes: 32 * 2 ** 20 };

/** In Alpine's initramfs no repository is known before the kernel's command line names one. */
const leftOut: ReadonlySet<string> = new Set(["etc/apk/repositories"]);

/**
 * The minirootfs as an initramfs: Alpine's own busybox, apk and keys, with drivers of the kernel that boots and a first
 * process of ours.
 */
export async function packInitramfs(
  minirootfs: Uint8Array,
  { modules, release }: { modules: string; release: string },
): Promise<Uint8Array> {
  const tar = gunzipSync(minirootfs, { maxOutputLength: limits.maxBytes + 2 * 2 ** 20 });
  const entries = await decodeTar(tar, limits);
  const loaded = await modulesInLoadOrder(modules, drivers);
  const indexed = loaded.map(({ path, bytes }) => ({ path: relative(modules, path), bytes }));
  const place = `lib/modules/${release}`;
  const file = (path: string, bytes: Uint8Array, mode = 0o644): CpioEntry => ({
    type: "file",
    path,
    bytes,
    mode,
  });
  return packCpio([
    ...entries.flatMap((entry) => (leftOut.has(entry.path) ? [] : [asCpio(entry, entries)])),
    file("init", await readFile(join(folder, "init")), 0o755),
    file("usr/share/dryboot/udhcpc.script", await readFile(join(folder, "udhcpc.script")), 0o755),
    ...indexed.map(({ path, bytes }) => file(`${place}/${path}`, bytes)),
    ...Object.entries(moduleIndex(indexed)).map(([name, text]) =>
      file(`${place}/${name}`, Buffer.from(text)),
    ),
    file(`${place}/modules.builtin`, await readFile(join(modules, "modules.builtin"))),
    // The kernel opens it for the first process, which is the one to mount devtmpfs.
    { type: "char-device", path: "dev/console", major: 5, minor: 1 },
  ]);
}

/** All of it belongs to root in an initramfs; a hard link becomes another copy. */
function asCpio(entry: TarEntry, all: readonly TarEntry[]): CpioEntry {
  const { path, mode, type, target = "" } = entry;
  switch (type) {
    case "file":
      return { type, path, mode, bytes: entry.content };
    case "folder":
      return { type, path, mode };
    case "symlink":
      return { type, path, target };
    case "hardlink": {
      const original = all.find((one) => one.path === target && one.type === "file");
      if (original) return { type: "file", path, mode, bytes: original.content };
      break;
    }
    default:
  }
  throw new Error(`the minirootfs holds ${path}, a ${type} that an initramfs of ours has no place for`);
}
