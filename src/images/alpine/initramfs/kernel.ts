import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import type { CpioEntry } from "../../cpio.ts";
import { modulesInLoadOrder } from "../../kernel-modules.ts";
import { moduleIndex } from "../../module-index.ts";

/** What a machine of QEMU's has; Debian's kernel for such machines has drivers for nothing else. */
const usual = ["virtio_pci", "virtio_net", "virtio_blk"];

/** A kernel of Debian's, unpacked and never installed. */
export interface DebianKernel {
  vmlinuz: string;
  /** `lib/modules/<release>`, with what modprobe needs to find the modules. */
  modules: readonly CpioEntry[];
}

/** The kernel of a package, with some of its modules and those that they need. */
export async function debianKernel(files: string, wanted: readonly string[]): Promise<DebianKernel> {
  const [release = ""] = await readdir(join(files, "lib/modules"));
  const folder = join(files, "lib/modules", release);
  const loaded = await modulesInLoadOrder(folder, [...usual, ...wanted]);
  const modules = loaded.map(({ path, bytes }) => ({ path: relative(folder, path), bytes }));
  const place = `lib/modules/${release}`;
  const file = (path: string, bytes: Uint8Array): CpioEntry => ({
    type: "file",
    path: `${place}/${path}`,
    bytes,
  });
  return {
    vmlinuz: join(files, `boot/vmlinuz-${release}`),
    modules: [
      ...modules.map(({ path, bytes }) => file(path, bytes)),
      ...Object.entries(moduleIndex(modules)).map(([name, text]) => file(name, Buffer.from(text))),
      // Else modprobe would miss what is no module in this kernel.
      file("modules.builtin", await readFile(join(folder, "modules.builtin"))),
    ],
  };
}
