import type { MicrocodePlaces } from "../../microcode.ts";
import type { MinirootfsBranch } from "../minirootfs.ts";

/** What a site chooses of an Alpine that is all in its initramfs. */
export interface AlpineInitramfsOptions {
  branch: MinirootfsBranch;
  /** As in `/etc/apk/world`; without any, the minirootfs is all there is. */
  packages: readonly string[];
  repositories: readonly string[];
  /** Services of the runlevel `default`, besides those that every machine needs. */
  services: readonly string[];
  /** Modules of the kernel, besides those for QEMU's devices. */
  modules: readonly string[];
  /** A folder whose files are put over those of the packages. */
  skeleton?: string | undefined;
  /** A script that is run in there at the end, as root and without a network. */
  setup?: string | undefined;
  /** What belongs to others than root, with all below it, by its path: `user:group`. */
  owners: Readonly<Record<string, string>>;
  /** What processors are mended by before anything else of the kernel runs. */
  microcode?: MicrocodePlaces | undefined;
}
