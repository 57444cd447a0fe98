import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as z from "zod";
import { DrybootError } from "../../core/errors.ts";
import { fetchFile } from "../download.ts";
import { isUrl } from "../mirrors.ts";
import type { FetchedFile, FetchWorld } from "../recipe.ts";
import type { NixosFiles } from "./folder.ts";
import type { NixosSystem } from "./source.ts";

/** Where nixos-images publishes what it builds of each release. */
const published = "https://github.com/nix-community/nixos-images/releases/download";

/** `$DRYBOOT_NIXOS_MIRROR`, folders or URLs with commas between them that hold a folder for each release; else the publisher's. */
export function nixosMirrors(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const given = (env["DRYBOOT_NIXOS_MIRROR"] ?? "").split(",").flatMap((one) => one.trim() || []);
  if (given.length === 0) return [published];
  return given.map((one) => (isUrl(one) ? one.replace(/\/+$/, "") : resolve(one)));
}

/** The files of a release, kernel, initrd and script. */
export function releaseFiles(release: string, system: NixosSystem): [string, string, string] {
  const kernel = system === "x86_64-linux" ? "bzImage" : "Image";
  return [
    `${release}/${kernel}-${system}`,
    `${release}/initrd-${system}`,
    `${release}/netboot-${system}.ipxe`,
  ];
}

/** The digests of one import: the three were published together then, which their addresses do not say. */
const importSchema = z.array(z.string().regex(/^[0-9a-f]{64}$/)).length(3);

/**
 * Fetches a release. Its tags move: the same address has other files after the next build, and only three of one build boot.
 * So what was imported is written down by its digests and taken again until newer is asked for, and a release that is
 * published anew while it is fetched is noticed.
 */
export async function fetchRelease(
  release: string,
  system: NixosSystem,
  world: FetchWorld,
  mirrors = nixosMirrors(),
): Promise<NixosFiles> {
  const paths = releaseFiles(release, system);
  const record = join(world.store, "downloads", `${release}-${system}.json`);
  const before = world.refresh ? undefined : await readImport(record);
  if (before !== undefined) {
    const [kernel, initrd, script] = await Promise.all(
      paths.map((path, at) => fetchFile({ mirrors, path, sha256: before[at] ?? "" }, world)),
    );
    if (kernel && initrd && script) return [kernel, initrd, script];
  }
  const newest = { ...world, refresh: true };
  const bring = (path: string): Promise<FetchedFile> => fetchFile({ mirrors, path }, newest);
  const script = await bring(paths[2]);
  const kernel = await bring(paths[0]);
  const initrd = await bring(paths[1]);
  if ((await bring(paths[2])).sha256 !== script.sha256) throw publishedAnew(release, script.url);
  await mkdir(join(world.store, "downloads"), { recursive: true });
  await writeFile(record, JSON.stringify([kernel, initrd, script].map(({ sha256 }) => sha256)));
  return [kernel, initrd, script];
}

async function readImport(record: string): Promise<string[] | undefined> {
  const text = await readFile(record, "utf8").catch(() => "null");
  try {
    return importSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // written by halves: as good as none
  }
}

function publishedAnew(release: string, where: string): DrybootError {
  return new DrybootError(`${release} was published anew while it was fetched: its files are of two builds`, {
    code: "NIXOS_RELEASE_MOVED",
    where,
    hint: "run the same command again: what is still the same is not fetched again",
  });
}
