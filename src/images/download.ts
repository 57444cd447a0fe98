import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncPath } from "../core/durable.ts";
import { DrybootError } from "../core/errors.ts";
import { findInFolder } from "../core/served-folder.ts";
import { storeFailure } from "../host/store-failure.ts";
import { isUrl } from "./mirrors.ts";
import type { FetchedFile, FetchWorld } from "./recipe.ts";

export interface WantedFile {
  /** Roots that hold it, folders or URLs, tried in order. */
  mirrors: readonly string[];
  /** Below a mirror's root. */
  path: string;
  /** Lower-case hex; what is not so is refused. */
  sha256?: string;
  sha512?: string;
  sizeBytes?: number;
}

/** Brings a file of a mirror into the store, whole or not at all. */
export async function fetchFile(wanted: WantedFile, world: FetchWorld): Promise<FetchedFile> {
  const { mirrors, path } = wanted;
  const folder = join(world.store, "downloads");
  const problems: string[] = [];
  try {
    await mkdir(folder, { recursive: true });
    const temporary = await mkdtemp(join(folder, ".fetching-"));
    try {
      for (const mirror of mirrors) {
        const file = join(temporary, basename(path));
        const problem = await bring(mirror, path, file, world.signal);
        if (problem === undefined) return await taken(file, `${mirror}/${path}`, wanted, folder);
        problems.push(`${mirror}: ${problem}`);
      }
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  } catch (error) {
    throw storeFailure(folder, error);
  }
  throw new DrybootError(`${path} cannot be had: ${problems.join("; ")}`, {
    code: "FETCH_FAILED",
    where: mirrors.join(", "),
    hint: "name a mirror that has it: DRYBOOT_ALPINE_MIRROR holds folders or URLs with commas between them",
  });
}

/** Why a mirror did not give it; undefined when it did. */
async function bring(
  mirror: string,
  path: string,
  file: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (!isUrl(mirror)) {
    const found = await findInFolder(mirror, path).catch(() => undefined);
    if (!found || !("path" in found)) return "it is not there";
    await copyFile(found.path, file);
    return undefined;
  }
  try {
    const response = await fetch(`${mirror}/${path}`, signal === undefined ? {} : { signal });
    if (!response.ok) return `${response.status} ${response.statusText}`;
    await writeFile(file, new Uint8Array(await response.arrayBuffer()));
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof TypeError)) throw error;
    return error.cause instanceof Error ? error.cause.message : error.message;
  }
}

/** Into its place, which names what it holds. */
async function taken(file: string, url: string, wanted: WantedFile, folder: string): Promise<FetchedFile> {
  const bytes = await readFile(file);
  const digest = (algorithm: string) => createHash(algorithm).update(bytes).digest("hex");
  const sha256 = digest("sha256");
  refuse(wanted.sha256 !== undefined && wanted.sha256 !== sha256, url, `its sha256 is ${sha256}`);
  refuse(wanted.sha512 !== undefined && wanted.sha512 !== digest("sha512"), url, "its sha512 is another");
  const { sizeBytes = bytes.length } = wanted;
  refuse(sizeBytes !== bytes.length, url, `it is ${bytes.length} bytes long, not ${sizeBytes}`);
  const path = join(folder, sha256);
  await syncPath(file);
  await rename(file, path);
  await syncPath(dirname(path));
  return { name: basename(url), url, path, sha256, sizeBytes: bytes.length };
}

function refuse(problem: boolean, url: string, says: string): void {
  if (!problem) return;
  throw new DrybootError(`${url} is not what it should be: ${says}`, {
    code: "FETCH_DIGEST",
    where: url,
    hint: "nothing of it was kept: take another mirror, or find out who changed it",
  });
}
