import type { Stats } from "node:fs";
import { lstat, readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import * as z from "zod";
import { mapAtMost } from "../core/at-most.ts";
import type { Inventory, Kept, KeptImage, KeptInput } from "./gc.ts";
import { manifestSchema } from "./manifest.ts";
import { siteRecords } from "./site-records.ts";
import { ImageStore } from "./store.ts";
import { isHeld } from "./store-holds.ts";

/** Looks at everything in a store that may go. */
export async function inventoryOf(store: string): Promise<Inventory> {
  const sites = new Map<string, string>();
  for (const { file, images } of await siteRecords(store)) for (const name of images) sites.set(name, file);
  const builds = await new ImageStore(store).builds();
  return {
    images: await mapAtMost(4, builds, imageAt),
    inputs: [...(await packagesIn(store)), ...(await downloadsIn(store))],
    leftovers: [
      ...(await filesIn(join(store, "quarantine"), "quarantine")),
      ...(await filesIn(join(store, "downloads/partial"), "partial")),
    ],
    sites,
  };
}

async function imageAt(build: { name: string; folder: string; newest: boolean }): Promise<KeptImage> {
  const { name, folder, newest } = build;
  const text = await readFile(join(folder, "manifest.json"), "utf8").catch(() => "null");
  const { data } = manifestSchema.safeParse(parsed(text));
  const { mtimeMs = 0 } = (await statOf(folder)) ?? {};
  return {
    ...{ kind: "image", image: name, newest, paths: [folder], usedMs: mtimeMs },
    name: `${name} ${basename(folder).slice(-12)}`,
    sizeBytes: await sizeOf(folder),
    held: await isHeld(folder),
    inputs: (data?.inputs ?? []).map(({ sha256 }) => sha256),
  };
}

const recordSchema = z.object({ sha256: z.string(), deb: z.string(), files: z.string() });

/** A package is its `.deb`, the folder it is unpacked in, and the records that lead to them; old versions have none. */
async function packagesIn(store: string): Promise<KeptInput[]> {
  const found: KeptInput[] = [];
  for (const branch of await readdir(join(store, "packages")).catch(() => [])) {
    const folder = join(store, "packages", branch);
    const names = (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith("."));
    const records = new Map<string, { paths: string[]; sha256: string; usedMs: number }>();
    for (const name of names.filter((one) => one.endsWith(".json"))) {
      const path = join(folder, name);
      const { data } = recordSchema.safeParse(parsed(await readFile(path, "utf8").catch(() => "null")));
      const { mtimeMs = 0 } = (await statOf(path)) ?? {};
      if (data === undefined) continue;
      const label = basename(data.files);
      const paths = [...(records.get(label)?.paths ?? []), path];
      records.set(label, { paths, sha256: data.sha256, usedMs: mtimeMs });
    }
    for (const label of new Set(
      names.flatMap((name) => (name.endsWith(".json") ? [] : name.replace(/\.deb$/, ""))),
    )) {
      const [files, deb] = [join(folder, label), join(folder, `${label}.deb`)];
      const record = records.get(label);
      const times = await Promise.all([files, deb].map(async (path) => (await statOf(path))?.ctimeMs ?? 0));
      found.push({
        ...{ kind: "package", name: `${branch} ${label}`, sha256: record?.sha256 },
        paths: [...(record?.paths ?? []), files, deb],
        sizeBytes: (await sizeOf(files)) + (await sizeOf(deb)),
        // A folder of a package keeps the time the package says; a change of its own, as a hold is, shows elsewhere.
        usedMs: Math.max(record?.usedMs ?? 0, ...times),
        held: await isHeld(files),
      });
    }
  }
  return found;
}

async function downloadsIn(store: string): Promise<KeptInput[]> {
  const folder = join(store, "downloads");
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const found = names.map(async (sha256): Promise<KeptInput> => {
    const path = join(folder, sha256);
    const stats = await statOf(path);
    return {
      ...{ kind: "download", name: sha256.slice(0, 12), sha256, paths: [path], held: false },
      ...{ sizeBytes: stats?.size ?? 0, usedMs: stats?.ctimeMs ?? 0 },
    };
  });
  return await Promise.all(found);
}

async function filesIn(folder: string, kind: "quarantine" | "partial"): Promise<Kept[]> {
  const found = (await readdir(folder).catch(() => [])).map(async (name): Promise<Kept> => {
    const path = join(folder, name);
    const stats = await statOf(path);
    return { kind, name, paths: [path], sizeBytes: stats?.size ?? 0, usedMs: stats?.mtimeMs ?? 0 };
  });
  return await Promise.all(found);
}

/** Of a file, or of everything below a folder. */
async function sizeOf(path: string): Promise<number> {
  const stats = await statOf(path);
  if (stats === undefined) return 0;
  if (!stats.isDirectory()) return stats.size;
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await mapAtMost(
    16,
    files,
    async (entry) => (await statOf(join(entry.parentPath, entry.name)))?.size ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function statOf(path: string): Promise<Stats | undefined> {
  return await lstat(path).catch(() => undefined);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
