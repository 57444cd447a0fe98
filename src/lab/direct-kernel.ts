import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { apiBootFor } from "../boot/boot-api.ts";
import type { BootSite } from "../boot/boot-site.ts";
import { DrybootError } from "../core/errors.ts";
import type { OpenedImage } from "../images/store.ts";
import type { DirectKernel } from "./qemu-command.ts";

/**
 * What the site's plan gives a machine, for QEMU to load by itself: the same kernel, initrds and command line, with no
 * loader before them. Several initrds are joined in `folder`, because QEMU takes one.
 */
export async function directKernelFor(
  machine: { name: string; mac: string; image?: string | undefined },
  { boot, images }: { boot: BootSite; images: ReadonlyMap<string, OpenedImage> },
  folder: string,
): Promise<DirectKernel> {
  const image = images.get(machine.image ?? "");
  const answer = apiBootFor(machine.mac, boot, images);
  if (image === undefined || answer === undefined || "refused" in answer) {
    const refused = answer !== undefined && "refused" in answer ? answer.refused : "it boots no image";
    throw new DrybootError(`QEMU cannot load what ${machine.name} boots: ${refused}`, {
      code: "DIRECT_IMPOSSIBLE",
      where: `machine ${machine.name}`,
      hint: "boot it over the network, or change its command line",
      exitCode: 2,
    });
  }
  const initrd = await joined(
    image.initrds.map(({ path }) => path),
    join(folder, `${machine.name}.initrd`),
  );
  return { kernel: image.kernel.path, ...(initrd && { initrd }), commandLine: answer.cmdline };
}

/** One archive after the other, each from a multiple of four on (Linux, "initramfs buffer format"). */
async function joined(paths: readonly string[], target: string): Promise<string | undefined> {
  if (paths.length < 2) return paths[0];
  const parts = await Promise.all(paths.map((path) => readFile(path)));
  const aligned = parts.flatMap((bytes) => [bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  await writeFile(target, Buffer.concat(aligned));
  return target;
}
