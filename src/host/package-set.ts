import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import * as z from "zod";
import { syncPath, writeDurably } from "../core/durable.ts";
import { DrybootError } from "../core/errors.ts";
import { storeFolder } from "../core/folders.ts";
import { AptRoot } from "./apt-root.ts";
import type { FetchOptions } from "./archive.ts";
import { indexBytes } from "./archive.ts";
import { noSuchPackage, planned } from "./download-plan.ts";
import { branchName } from "./package-store.ts";
import type { PackageUrl } from "./printed-uris.ts";
import { storeFailure } from "./store-failure.ts";
import { lockStore } from "./store-lock.ts";
import { requireSpace } from "./store-space.ts";

/** A `.deb` in the store, as the signed index has it. */
export interface PackageFile {
  /** `login_1%3a4.13+dfsg1-1_amd64.deb`. */
  name: string;
  url: string;
  path: string;
  sha256: string;
  sizeBytes: number;
}

const setRecord = z.object({
  format: z.literal(1),
  wanted: z.array(z.string()),
  packages: z.array(
    z.object({
      name: z.string().regex(/^[^/]+\.deb$/),
      url: z.string(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      sizeBytes: z.int(),
    }),
  ),
});

type SetRecord = z.infer<typeof setRecord>;

/**
 * Packages and all they depend on, as one would install them on an empty machine: fetched and verified, neither unpacked
 * nor installed. `wanted` may hold apt's patterns, such as `?essential`. What an earlier call fetched is returned without
 * touching the network.
 */
export async function fetchPackageSet(
  wanted: readonly string[],
  options: FetchOptions = {},
): Promise<PackageFile[]> {
  const { suite = "bookworm", architecture = "amd64", store = storeFolder(), refresh = false } = options;
  const { onProgress } = options;
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const branch = branchName(suite, architecture);
  const root = join(store, "apt", branch);
  const key = createHash("sha256").update(JSON.stringify(wanted)).digest("hex").slice(0, 12);
  const record = join(store, "packages", branch, `set-${key}.json`);
  const before = refresh ? undefined : await openSet(record, store);
  if (before !== undefined) return before;
  try {
    await using _lock = await lockStore(`${root}.lock`, {
      ...signal,
      onWait: () => onProgress?.({ step: "waiting" }),
    });
    const now = refresh ? undefined : await openSet(record, store); // another process may have fetched it meanwhile
    if (now !== undefined) return now;
    await requireSpace(store, "Debian's package index", indexBytes);
    const apt = await AptRoot.open(root, suite, architecture);
    onProgress?.({ step: "index" });
    await apt.update(signal);
    const found = await apt.closure(wanted, signal);
    const names = found.map(({ name, version }) => `${name}=${version}`);
    const stanzas = new Map((await apt.show(names, signal)).map((one) => [one.get("package"), one]));
    const plan = found.map(({ name }) => {
      const stanza = stanzas.get(name);
      if (stanza === undefined) throw noSuchPackage(name, suite);
      return planned(stanza, name);
    });
    const packages: SetRecord["packages"] = found.map(({ file, url }, at) => {
      const { sha256 = "", sizeBytes = 0 } = plan[at] ?? {};
      return { name: file, url, sha256, sizeBytes };
    });
    await bring(apt, found, packages, { ...options, store });
    const set: SetRecord = { format: 1, wanted: [...wanted], packages };
    await writeDurably(record, `${JSON.stringify(set, null, 2)}\n`);
    return packages.map((one) => inStore(one, store));
  } catch (error) {
    throw storeFailure(store, error);
  }
}

/** Those that the store does not have yet, verified once more on their way to their place. */
async function bring(
  apt: AptRoot,
  found: readonly PackageUrl[],
  packages: SetRecord["packages"],
  { store, signal, onProgress }: FetchOptions & { store: string },
): Promise<void> {
  const there = await Promise.all(packages.map((one) => isThere(inStore(one, store))));
  const missing = packages.filter((_, at) => !there[at]);
  const names = found.filter((_, at) => !there[at]).map(({ name, version }) => `${name}=${version}`);
  if (missing.length === 0) return;
  const sizeBytes = missing.reduce((sum, one) => sum + one.sizeBytes, 0);
  await requireSpace(store, `${missing.length} packages`, sizeBytes);
  const about = { step: "download", package: `${missing.length} packages`, sizeBytes } as const;
  onProgress?.({ ...about, fraction: 0 });
  await apt.download(names, (fraction) => onProgress?.({ ...about, fraction }), signal);
  await mkdir(join(store, "downloads"), { recursive: true });
  for (const one of missing) {
    const file = join(apt.incoming, one.name);
    if ((await sha256OfFile(file)) !== one.sha256) {
      await rm(file, { force: true });
      throw new DrybootError(`the download of ${one.name} is damaged`, {
        code: "ARCHIVE_DIGEST",
        where: file,
        hint: "it has been deleted; run the same command again",
      });
    }
    await syncPath(file);
    await rename(file, inStore(one, store).path);
  }
  await syncPath(join(store, "downloads"));
}

/** What a record names, when all of it is still there. */
async function openSet(record: string, store: string): Promise<PackageFile[] | undefined> {
  try {
    const { packages } = setRecord.parse(JSON.parse(await readFile(record, "utf8")));
    const files = packages.map((one) => inStore(one, store));
    const there = await Promise.all(files.map(isThere));
    return there.every((one) => one) ? files : undefined;
  } catch {
    return undefined; // no record, another format, a damaged one: fetched again
  }
}

/** Named after what they hold, as every download of the store. */
function inStore(one: SetRecord["packages"][number], store: string): PackageFile {
  return { ...one, path: join(store, "downloads", one.sha256) };
}

async function isThere({ path, sizeBytes }: PackageFile): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile() && found.size === sizeBytes,
    () => false,
  );
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
