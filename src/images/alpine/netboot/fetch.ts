import { readFile } from "node:fs/promises";
import { DecodeError, DrybootError } from "../../../core/errors.ts";
import { fetchFile } from "../../download.ts";
import { alpineMirrors } from "../../mirrors.ts";
import { verifyDetached } from "../../openpgp.ts";
import type { FetchedFile, FetchWorld } from "../../recipe.ts";
import type { ReleaseSigner } from "../release-key.ts";
import { loadReleaseKey } from "../release-key.ts";
import type { Release } from "../releases.ts";
import { newestRelease, parseReleases } from "../releases.ts";
import type { AlpineArch } from "../trusted-keys.ts";

export interface NetbootRelease {
  branch: string;
  arch: AlpineArch;
  /** The newest that Alpine names when absent. */
  version?: string | undefined;
}

// Lists and signatures are a few kilobytes.
const largestText = 1024 * 1024;

/**
 * Fetches a netboot tarball and says who signed it: its sha512 must be the published one and its OpenPGP signature the
 * release key's. The loose files of the same folder have neither, so they are never taken.
 */
export async function fetchNetboot(
  wanted: NetbootRelease,
  signer: ReleaseSigner,
  world: FetchWorld,
): Promise<FetchedFile> {
  // First of all: what could not be verified need not be downloaded.
  const key = await loadReleaseKey(world.store, signer);
  const mirrors = alpineMirrors();
  const folder = `${wanted.branch}/releases/${wanted.arch}`;
  const { file, ...published } = await publishedFile(wanted, folder, world);
  const path = `${folder}/${file}`;
  const tarball = await fetchFile({ mirrors, path, ...published }, world);
  const signature = await fetchFile({ mirrors, path: `${path}.asc` }, world);
  const answer = await verifyDetached(await readFile(tarball.path), await smallFile(signature), [key]);
  if ("signedBy" in answer) return { ...tarball, signedBy: `OpenPGP key ${answer.signedBy}` };
  throw new DrybootError(`${file} is not signed by ${signer.name}: ${answer.problem}`, {
    code: "RELEASE_SIGNATURE",
    where: signature.url,
    evidence: [`wanted: a signature of ${signer.fingerprint}`, `sha256 of the file: ${tarball.sha256}`],
    hint: "run it again with --refresh, or take another mirror; if that says the same, do not boot this file",
  });
}

/** Its name and digest, from the list of newest releases or from the file beside it that holds its digest. */
async function publishedFile(
  { branch, arch, version }: NetbootRelease,
  folder: string,
  world: FetchWorld,
): Promise<{ file: string; sha512: string; sizeBytes?: number }> {
  if (version !== undefined) {
    const file = `alpine-netboot-${version}-${arch}.tar.gz`;
    const sums = await fetchFile({ mirrors: alpineMirrors(), path: `${folder}/${file}.sha512` }, world);
    const [, sha512] = /^([0-9a-f]{128}) [ *](?:\S*\/)?(\S+)\s*$/.exec(String(await smallFile(sums))) ?? [];
    if (sha512 === undefined) throw unreadable(sums, "it is no line of sha512sum");
    return { file, sha512 };
  }
  return await newestNetboot({ branch, arch }, world);
}

/** The newest netboot tarball that Alpine names for a branch. */
export async function newestNetboot(
  { branch, arch }: Omit<NetbootRelease, "version">,
  world: FetchWorld,
): Promise<Release> {
  const path = `${branch}/releases/${arch}/latest-releases.yaml`;
  const list = await fetchFile({ mirrors: alpineMirrors(), path }, world);
  try {
    const releases = parseReleases(String(await smallFile(list)));
    const newest = newestRelease(releases, { branch, arch, flavor: "alpine-netboot" });
    if (newest !== undefined) return newest;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw unreadable(list, error.message);
  }
  throw unreadable(list, `it names no netboot tarball of ${branch} for ${arch}`);
}

async function smallFile(file: FetchedFile): Promise<Buffer> {
  if (file.sizeBytes > largestText) throw unreadable(file, `it is ${file.sizeBytes} bytes long`);
  return await readFile(file.path);
}

function unreadable({ url }: FetchedFile, problem: string): DrybootError {
  return new DrybootError(`${url} is not what Alpine has under this name: ${problem}`, {
    code: "RELEASE_LIST",
    where: url,
    hint: "run it again with --refresh, or take another mirror: DRYBOOT_ALPINE_MIRROR names them",
  });
}
