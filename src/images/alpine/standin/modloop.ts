import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { moduleIndex } from "../../module-index.ts";
import { packSquashfs } from "../../squashfs.ts";

/**
 * Packs all modules of a kernel package as Alpine's modloop holds them: `modules/<release>/` with the files that modprobe
 * reads. No signature goes with it, so the service that mounts it does not look for one.
 */
export async function packModloop(
  folder: string,
  release: string,
  { scratch, signal }: { scratch: string; signal?: AbortSignal },
): Promise<string> {
  const tree = join(scratch, "modloop");
  const place = join(tree, "modules", release);
  await mkdir(place, { recursive: true });
  await cp(folder, place, { recursive: true });
  const files = await readdir(place, { recursive: true, withFileTypes: true });
  const modules = files
    .filter((file) => file.isFile() && file.name.endsWith(".ko"))
    .map((file) => join(file.parentPath, file.name));
  const index = moduleIndex(
    await Promise.all(
      modules.map(async (path) => ({ path: relative(place, path), bytes: await readFile(path) })),
    ),
  );
  for (const [name, text] of Object.entries(index)) await writeFile(join(place, name), text);
  const file = join(scratch, "modloop.squashfs");
  await packSquashfs(tree, file, { level: 6, ...(signal && { signal }) });
  return file;
}
