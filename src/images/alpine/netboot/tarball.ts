import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { DecodeError } from "../../../core/errors.ts";
import { readTar } from "../tar.ts";

/** What a machine is given of a netboot tarball. One set: the initramfs holds the signature of the modloop beside it. */
export interface NetbootFiles {
  kernel: string;
  initramfs: string;
  modloop: string;
}

// The largest flavour of 3.24 is 400 MB; `rpi` has device trees by the hundred.
const limits = { field: "netboot tarball", maxEntries: 20_000, maxBytes: 4 * 1024 ** 3 };

/** Takes the files of one flavour out of a tarball into a folder. Alpine packs its initramfs 0600: here all may read it. */
export async function unpackNetboot(
  tarball: string,
  { flavor, folder, signal }: { flavor: string; folder: string; signal?: AbortSignal },
): Promise<NetbootFiles> {
  const names = {
    kernel: `vmlinuz-${flavor}`,
    initramfs: `initramfs-${flavor}`,
    modloop: `modloop-${flavor}`,
  };
  const wanted = new Set(Object.values(names));
  const source = createReadStream(tarball);
  const unzipped = createGunzip();
  // Whatever stops one stops the other; who reads the archive hears of it.
  const unzipping = pipeline(source, unzipped).catch(() => undefined);
  try {
    await readTar(
      unzipped,
      limits,
      async ({ path, type }, content) => {
        const name = path.replace(/^boot\//, "");
        if (type !== "file" || !wanted.delete(name)) return;
        await pipeline(
          Readable.from(content),
          createWriteStream(join(folder, name), { flags: "wx", mode: 0o644 }),
        );
      },
      signal,
    );
  } finally {
    source.destroy();
    await unzipping;
  }
  if (wanted.size > 0) {
    throw new DecodeError(limits.field, 0, `there is no ${[...wanted].join(", no ")} in it`);
  }
  return {
    kernel: join(folder, names.kernel),
    initramfs: join(folder, names.initramfs),
    modloop: join(folder, names.modloop),
  };
}
