import { join } from "node:path";
import { DecodeError, DrybootError } from "../../../core/errors.ts";
import type { BuildWorld, FetchedFile, ImageParts, ImageRecipe } from "../../recipe.ts";
import type { ReleaseSigner } from "../release-key.ts";
import { alpineSigner } from "../release-key.ts";
import type { AlpineArch } from "../trusted-keys.ts";
import { fetchNetboot } from "./fetch.ts";
import type { NetbootFiles } from "./tarball.ts";
import { unpackNetboot } from "./tarball.ts";

export interface NetbootOptions {
  branch: string;
  /** Of the branch; the newest when absent. */
  version?: string | undefined;
  flavor: "virt" | "lts";
  arch: AlpineArch;
}

const serial: Readonly<Record<AlpineArch, string>> = { x86_64: "ttyS0", aarch64: "ttyAMA0" };
const sources = ["recipe.ts", "fetch.ts", "tarball.ts", "../tar.ts"];

/**
 * Level 3: Alpine's own netboot files, as its tarball has them. The signer is a parameter for tests, which have no key of
 * Alpine's; a site cannot name another.
 */
export function alpineNetboot(options: NetbootOptions, signer: ReleaseSigner = alpineSigner): ImageRecipe {
  const { branch, version, flavor, arch } = options;
  return {
    name: `alpine-netboot-${version ?? branch.replace(/^v/, "")}-${flavor}-${arch.replace("_", "-")}`,
    level: 3,
    summary: `Alpine ${version ?? branch} (${flavor}, ${arch}): its own netboot files, signed`,
    packages: [],
    sources: sources.map((name) => join(import.meta.dirname, name)),
    options: { branch, version, flavor, arch, signer: signer.fingerprint },
    fetch: async (world) => [await fetchNetboot(options, signer, world)],
    assemble: (_, fetched, world) => assemble(options, fetched, world),
  };
}

/** What the real init and OpenRC read (facts of mkinitfs): where packages are, and the modules of this very kernel. */
export function netbootCommandLine({ branch, flavor, arch }: NetbootOptions): string {
  return [
    "modules=loop,squashfs ip=dhcp",
    `alpine_repo={http}/mirror/alpine/${branch}/main`,
    `modloop={files}/modloop-${flavor}`,
    `console=${serial[arch]},115200`,
  ].join(" ");
}

async function assemble(
  options: NetbootOptions,
  [tarball]: readonly FetchedFile[],
  { scratch, signal }: BuildWorld,
): Promise<ImageParts> {
  if (tarball === undefined) throw new Error("the recipe fetches one file");
  const { flavor } = options;
  const unpacking = unpackNetboot(tarball.path, { flavor, folder: scratch, ...(signal && { signal }) });
  const { kernel, initramfs, modloop }: NetbootFiles = await unpacking.catch((error: unknown) => {
    throw error instanceof DecodeError ? strange(tarball, error) : error;
  });
  return {
    kernel: { name: `vmlinuz-${flavor}`, path: kernel },
    initrds: [{ name: `initramfs-${flavor}`, path: initramfs }],
    files: [{ name: `modloop-${flavor}`, path: modloop }],
    commandLine: netbootCommandLine(options),
  };
}

function strange({ url }: FetchedFile, cause: DecodeError): DrybootError {
  return new DrybootError(`${url} is signed, and not a netboot tarball as they were: ${cause.message}`, {
    code: "NETBOOT_LAYOUT",
    where: url,
    hint: "name another `version` or `flavor`; if it is a new release, dryboot has yet to learn it",
    cause,
  });
}
