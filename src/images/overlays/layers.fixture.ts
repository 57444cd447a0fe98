import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { mergeLayers } from "./merge-layers.ts";
import type { OverlayEntry, OverlayTree } from "./overlay.ts";
import { readLayer } from "./read-layer.ts";

export type Content = string | Uint8Array | { link: string } | { text: string; mode: number };

/** A folder with these files, gone when the test is over. */
export async function folderWith(files: Readonly<Record<string, Content>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-overlay-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    if (typeof content === "string" || content instanceof Uint8Array) await writeFile(file, content);
    else if ("link" in content) await symlink(content.link, file);
    else {
      await writeFile(file, content.text);
      await chmod(file, content.mode); // whatever the umask says
    }
  }
  return folder;
}

/** What layers of these files come to, named `layer 0`, `layer 1`, ... */
export async function merged(...layers: readonly Readonly<Record<string, Content>>[]): Promise<OverlayTree> {
  const read = layers.map(async (files, index) => {
    const layer = await readLayer(await folderWith(files), `layer ${index}`);
    const entries = layer.entries.map((entry): OverlayEntry => {
      return entry.kind === "file" ? { ...entry, content: [entry.bytes] } : entry;
    });
    return { ...layer, entries };
  });
  return mergeLayers(await Promise.all(read));
}

/** A tree as a person would list it: `etc/motd 644 0:0 "hello" (layer 0)`. */
export function listed(tree: OverlayTree): string[] {
  return [...tree.values()].map((entry) => {
    const { path, mode, uid, gid, layer } = entry;
    const shown = { file: () => JSON.stringify(textOf(tree, path)), folder: () => "/", link: () => "" }[
      entry.kind
    ]();
    const what = entry.kind === "link" ? `-> ${entry.target}` : shown;
    return `${path} ${mode.toString(8)} ${uid}:${gid} ${what} (${layer})`;
  });
}

export function textOf(tree: OverlayTree, path: string): string | undefined {
  const entry = tree.get(path);
  if (entry?.kind !== "file") return undefined;
  return entry.content
    .map((piece) => ("secret" in piece ? `<${piece.secret}>` : Buffer.from(piece).toString()))
    .join("");
}
