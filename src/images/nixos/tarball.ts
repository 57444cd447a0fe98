import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { DecodeError } from "../../core/errors.ts";
import { readTar } from "../alpine/tar.ts";
import type { BuildWorld, FetchedFile } from "../recipe.ts";
import type { NixosBoot } from "./boot-words.ts";
import { notBootable } from "./boot-words.ts";
import { readKexecScript } from "./kexec-script.ts";
import { longestScript } from "./netboot-script.ts";

/** What a kexec tarball holds that a boot over the network needs; the rest is for the machine it is unpacked on. */
const wanted: Readonly<Record<string, "kernel" | "initrd" | "run">> = {
  "kexec/bzImage": "kernel",
  "kexec/Image": "kernel",
  "kexec/initrd": "initrd",
  "kexec/initrd.gz": "initrd",
  "kexec/run": "run",
  "kexec/kexec-boot": "run",
};

const limits = { field: "kexec tarball", maxEntries: 1000, maxBytes: 8 * 2 ** 30 };

/** A build as a kexec tarball has it, unpacked in the scratch folder. */
export interface UnpackedKexec {
  kernel: UnpackedFile;
  initrd: UnpackedFile;
  boot: NixosBoot;
}

type UnpackedFile = Pick<FetchedFile, "path" | "sha256">;

/** Takes kernel and initrd out of a kexec tarball, and the words they are started with out of its script. */
export async function unpackKexec(tarball: FetchedFile, world: BuildWorld): Promise<UnpackedKexec> {
  const folder = join(world.scratch, "kexec");
  await mkdir(folder);
  const found = new Map<string, UnpackedFile>();
  const gunzip = createGunzip();
  const source = createReadStream(tarball.path)
    .on("error", (error) => gunzip.destroy(error))
    .pipe(gunzip);
  try {
    await readTar(
      source,
      limits,
      async ({ path, type }, content) => {
        const name = Object.hasOwn(wanted, path) ? wanted[path] : undefined;
        if (name === undefined) return;
        // Of two of one name neither can be told to be the right one, and a link could lead anywhere.
        if (type !== "file" || found.has(name))
          throw notBootable(`its ${path} is no single file`, tarball.url);
        found.set(name, await unpackTo(join(folder, name), content));
      },
      world.signal,
    );
  } catch (error) {
    if (error instanceof DecodeError || (error as NodeJS.ErrnoException).code?.startsWith("Z_"))
      throw notBootable(`its archive cannot be read: ${(error as Error).message}`, tarball.url);
    throw error;
  }
  const file = (name: string): UnpackedFile => {
    const unpacked = found.get(name);
    if (unpacked) return unpacked;
    throw notBootable(`it holds no kexec/${name === "kernel" ? "bzImage" : name}`, tarball.url);
  };
  const script = await readFile(file("run").path, "utf8");
  if (script.length > longestScript) throw notBootable("its script is longer than any of NixOS", tarball.url);
  return {
    kernel: file("kernel"),
    initrd: file("initrd"),
    boot: readKexecScript(script, `${tarball.url}: run`),
  };
}

async function unpackTo(path: string, content: AsyncIterable<Uint8Array>): Promise<UnpackedFile> {
  const hash = createHash("sha256");
  const hashed = async function* () {
    for await (const chunk of content) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(Readable.from(hashed()), createWriteStream(path, { flags: "wx" }));
  return { path, sha256: hash.digest("hex") };
}
