import { readFile } from "node:fs/promises";
import { DrybootError } from "../../../core/errors.ts";
import { fetchFile } from "../../download.ts";
import { alpineMirrors } from "../../mirrors.ts";
import type { FetchedFile, FetchWorld } from "../../recipe.ts";
import type { IndexRecord } from "../apk-index.ts";
import { decodeApkIndex } from "../apk-index.ts";
import { decodeApk } from "../apk-package.ts";
import { resolveWorld } from "../apk-resolve.ts";
import type { ApkSignature, TrustedKeys } from "../apk-signature.ts";
import { verifySignatures } from "../apk-signature.ts";

export interface WantedPackages {
  /** `v3.19`. */
  branch: string;
  arch: string;
  /** `main`, `community`. */
  repositories: readonly string[];
  /** As in `/etc/apk/world`. */
  world: readonly string[];
  keys: TrustedKeys;
  mirrors?: readonly string[];
}

/** A few at a time: a mirror is somebody's machine. */
const atOnce = 4;

/**
 * Fetches the indexes of the repositories and, of what they have, all that the world needs. An index counts when a trusted
 * key signed it, and a package when it is the one that the index names, and signed itself.
 */
export async function fetchAlpinePackages(wanted: WantedPackages, world: FetchWorld): Promise<FetchedFile[]> {
  const { branch, arch, repositories, keys, mirrors = alpineMirrors() } = wanted;
  const indexes: FetchedFile[] = [];
  const places = new Map<IndexRecord, string>();
  for (const repository of repositories) {
    const folder = `${branch}/${repository}/${arch}`;
    const file = await fetchFile({ mirrors, path: `${folder}/APKINDEX.tar.gz` }, world);
    const index = await decodeApkIndex(await readFile(file.path));
    indexes.push({ ...file, signedBy: signerOf(file, index, keys) });
    for (const record of index.records) places.set(record, folder);
  }
  const resolved = resolveWorld(wanted.world, [...places.keys()]);
  if ("problem" in resolved) throw unresolved(resolved.problem, wanted);
  const packages: FetchedFile[] = [];
  for (let at = 0; at < resolved.packages.length; at += atOnce) {
    const some = resolved.packages.slice(at, at + atOnce);
    const fetched = some.map((record) =>
      fetchPackage(record, places.get(record) ?? "", mirrors, keys, world),
    );
    packages.push(...(await Promise.all(fetched)));
  }
  return [...indexes, ...packages];
}

async function fetchPackage(
  { name, version, identity, sizeBytes }: IndexRecord,
  folder: string,
  mirrors: readonly string[],
  keys: TrustedKeys,
  world: FetchWorld,
): Promise<FetchedFile> {
  const file = await fetchFile({ mirrors, path: `${folder}/${name}-${version}.apk`, sizeBytes }, world);
  const apk = await decodeApk(await readFile(file.path));
  if (apk.identity !== identity) {
    throw refused(file, `it is ${apk.identity}, and the index names ${identity}`);
  }
  return { ...file, signedBy: signerOf(file, apk, keys) };
}

function signerOf(
  file: FetchedFile,
  { signatures, signed }: { signatures: readonly ApkSignature[]; signed: Uint8Array },
  keys: TrustedKeys,
): string {
  const verdict = verifySignatures(signatures, signed, keys);
  if ("signedBy" in verdict) return verdict.signedBy;
  throw refused(file, verdict.problem);
}

function refused({ url }: FetchedFile, problem: string): DrybootError {
  return new DrybootError(`${url} is not Alpine's: ${problem}`, {
    code: "APK_UNTRUSTED",
    where: url,
    hint: "take another mirror, or find out who changed it",
  });
}

function unresolved(problem: string, { branch, repositories }: WantedPackages): DrybootError {
  return new DrybootError(`these packages cannot be installed together: ${problem}`, {
    code: "APK_UNRESOLVED",
    where: `${branch}, ${repositories.join(" and ")}`,
    hint: "look for the name on pkgs.alpinelinux.org, and name its repository in `repositories`",
    exitCode: 2,
  });
}
