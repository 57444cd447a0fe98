import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { storeFolder } from "../core/folders.ts";
import { AptRoot } from "./apt-root.ts";
import type { Architecture, Suite } from "./apt-sources.ts";
import type { Stanza } from "./control-stanzas.ts";
import type { PlannedPackage } from "./download-plan.ts";
import { downloadName, kernelBehind, noSuchPackage, planned } from "./download-plan.ts";
import type { FetchedPackage } from "./package-store.ts";
import { branchName, PackageStore } from "./package-store.ts";
import { storeFailure } from "./store-failure.ts";
import { lockStore } from "./store-lock.ts";
import { requireSpace } from "./store-space.ts";

/** A release's index with what apt makes of it; measured: 19 MB of lists and 36 MB of cache, and its partial files. */
export const indexBytes = 96 * 2 ** 20;

export interface ArchiveProgress {
  /** `waiting`: another process is fetching into the same store. */
  step: "waiting" | "index" | "download" | "unpack";
  package?: string;
  /** Of the download, 0 to 1. */
  fraction?: number;
  sizeBytes?: number;
}

export interface FetchOptions {
  /** The release this design is built on unless said otherwise. */
  suite?: Suite;
  /** `amd64` unless said otherwise; packages for all of them come with either. */
  architecture?: Architecture;
  store?: string;
  signal?: AbortSignal;
  onProgress?: (progress: ArchiveProgress) => void;
  /** Ask the archive for newer versions of what is in the store already. */
  refresh?: boolean;
}

/**
 * Debian packages in the store: fetched, verified and unpacked, but not installed. What an earlier call fetched is
 * returned without touching the network. The machine's own apt does the work, so an index signed by Debian's keys is
 * what vouches for every byte.
 */
export async function fetchPackages(
  names: readonly string[],
  options: FetchOptions = {},
): Promise<FetchedPackage[]> {
  const { suite = "bookworm", architecture = "amd64", store = storeFolder(), refresh = false } = options;
  const { signal, onProgress } = options;
  const packages = new PackageStore(store, suite, architecture);
  const inStore = async () => await Promise.all(names.map((name) => packages.find(name)));
  const complete = (found: readonly (FetchedPackage | undefined)[]) =>
    found.every((one) => one !== undefined);
  const before = await inStore();
  if (!refresh && complete(before)) return before.filter((one) => one !== undefined);

  const root = join(store, "apt", branchName(suite, architecture));
  try {
    await using _lock = await lockStore(`${root}.lock`, {
      ...(signal === undefined ? {} : { signal }),
      onWait: () => onProgress?.({ step: "waiting" }),
    });
    const now = await inStore(); // another process may have fetched them while we waited
    if (!refresh && complete(now)) return now.filter((one) => one !== undefined);
    await packages.removeLeftovers();
    await requireSpace(store, "Debian's package index", indexBytes);
    const apt = await AptRoot.open(root, suite, architecture);
    onProgress?.({ step: "index" });
    await apt.update(signal === undefined ? {} : { signal });
    const wanted = names.filter((_, at) => refresh || now[at] === undefined);
    const plan = await planDownloads(apt, wanted, suite, signal);
    const have = new Map(now.map((found, at) => [names[at], found]));
    const missing = plan.filter((one) => have.get(one.askedFor)?.sha256 !== one.sha256);
    await requireSpace(store, missing.map(({ name }) => name).join(", "), spaceFor(missing));
    await keepOnly(apt.incoming, missing.map(downloadName));
    for (const one of missing) have.set(one.askedFor, await fetchOne(apt, packages, one, options));
    return names.map((name) => have.get(name)).filter((one) => one !== undefined);
  } catch (error) {
    throw storeFailure(store, error);
  }
}

async function planDownloads(
  apt: AptRoot,
  names: readonly string[],
  suite: Suite,
  signal: AbortSignal | undefined,
): Promise<PlannedPackage[]> {
  const show = async (wanted: readonly string[]): Promise<Stanza[]> => {
    const known = new Map(
      (await apt.show(wanted, signal === undefined ? {} : { signal })).map((stanza) => [
        stanza.get("package"),
        stanza,
      ]),
    );
    return wanted.map((name) => {
      const stanza = known.get(name);
      if (stanza === undefined) throw noSuchPackage(name, suite);
      return stanza;
    });
  };
  const asked = await show(names);
  const real = await show(asked.map((stanza, at) => kernelBehind(stanza) ?? names[at] ?? ""));
  return real.map((stanza, at) => planned(stanza, names[at] ?? ""));
}

async function fetchOne(
  apt: AptRoot,
  packages: PackageStore,
  one: PlannedPackage,
  { signal, onProgress }: FetchOptions,
): Promise<FetchedPackage> {
  const { askedFor, unpackedBytes: _, ...expected } = one;
  const about = { package: one.name, sizeBytes: one.sizeBytes };
  onProgress?.({ step: "download", fraction: 0, ...about });
  const onFraction = (fraction: number) => onProgress?.({ step: "download", fraction, ...about });
  await apt.download([`${one.name}=${one.version}`], onFraction, signal);
  onProgress?.({ step: "unpack", ...about });
  return await packages.add(askedFor, join(apt.incoming, downloadName(one)), expected, signal);
}

function spaceFor(plan: readonly PlannedPackage[]): number {
  return plan.reduce((sum, one) => sum + one.sizeBytes + one.unpackedBytes, 0);
}

/** A download that was interrupted is continued; one of a version that is no longer wanted would lie there for ever. */
async function keepOnly(folder: string, names: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!names.includes(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}
