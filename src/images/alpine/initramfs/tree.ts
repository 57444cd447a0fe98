import type { Stats } from "node:fs";
import { chmod, lstat, mkdir, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DecodeError, DrybootError } from "../../../core/errors.ts";
import type { CpioEntry } from "../../cpio.ts";
import type { TarEntry } from "../tar.ts";

/** What stands in a tree that is being made. */
export type TreeFile = Readonly<{ path: string }> &
  Readonly<{ bytes: Uint8Array; mode: number } | { target: string }>;

/** Unpacks an archive below an empty folder. Nothing goes through a link that the archive itself has made. */
export async function unpackTree(entries: readonly TarEntry[], folder: string): Promise<void> {
  const folders = new Map<string, number>([["", 0o755]]);
  const files = new Map<string, TarEntry>();
  for (const entry of entries) {
    const { path, type, mode, target = "" } = entry;
    const above = dirname(path) === "." ? "" : dirname(path);
    if (!folders.has(above)) throw new DecodeError("tar", 0, `${path} stands in no folder of it`);
    const place = join(folder, path);
    if (type === "folder") {
      await mkdir(place, { recursive: true });
      folders.set(path, mode);
    } else if (type === "symlink") await symlink(target, place);
    else {
      const content = contentOf(entry, files);
      await writeFile(place, content.content, { flag: "wx" });
      await chmod(place, content.mode);
      files.set(path, content);
    }
  }
  // Last, for nothing can be put into a folder that may not be written to.
  for (const [path, mode] of folders) await chmod(join(folder, path), mode);
}

function contentOf(entry: TarEntry, files: ReadonlyMap<string, TarEntry>): TarEntry {
  const content = entry.type === "hardlink" ? files.get(entry.target ?? "") : entry;
  if (content?.type === "file") return content;
  throw new DecodeError("tar", 0, `${entry.path} is a ${entry.type} that nothing can be made of`);
}

/** Puts a file or a link in a tree, in place of what is there. The folders above are real ones, or are made. */
export async function placeInTree(folder: string, file: TreeFile): Promise<void> {
  let at = folder;
  for (const part of file.path.split("/").slice(0, -1)) {
    at = join(at, part);
    const found = await statOf(at);
    if (found === undefined) await mkdir(at);
    else if (!found.isDirectory()) throw notAFolder(file.path, at.slice(folder.length + 1));
  }
  const place = join(folder, file.path);
  if ((await statOf(place))?.isDirectory()) throw notAFolder(file.path, file.path);
  await rm(place, { force: true });
  if ("target" in file) return await symlink(file.target, place);
  await writeFile(place, file.bytes, { flag: "wx" });
  await chmod(place, file.mode);
}

async function statOf(path: string): Promise<Stats | undefined> {
  return await lstat(path).catch(() => undefined);
}

/** Reads a whole tree; of `leftOut`, folders by their paths, only the folder itself. */
export async function readTree(folder: string, leftOut: ReadonlySet<string>): Promise<CpioEntry[]> {
  const entries: CpioEntry[] = [];
  const waiting = [""];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const place = join(folder, path);
    const found = await lstat(place);
    if (path !== "") entries.push(await entryAt(path, place, found));
    if (!found.isDirectory() || leftOut.has(path)) continue;
    await makeReadable(place, found, 0o500);
    for (const name of await readdir(place)) waiting.push(path === "" ? name : `${path}/${name}`);
  }
  return entries;
}

async function entryAt(path: string, place: string, found: Stats): Promise<CpioEntry> {
  const mode = found.mode & 0o7777;
  if (found.isSymbolicLink()) return { type: "symlink", path, target: await readlink(place) };
  if (found.isDirectory()) return { type: "folder", path, mode };
  if (!found.isFile()) throw noPlaceFor(path);
  await makeReadable(place, found, 0o400);
  return { type: "file", path, mode, bytes: await readFile(place) };
}

/** Alpine has a program that nobody but root may read, bbsuid, and who builds need not be root. */
async function makeReadable(place: string, { mode }: Stats, needed: number): Promise<void> {
  if ((mode & needed) !== needed) await chmod(place, (mode & 0o777) | needed);
}

function notAFolder(path: string, at: string): DrybootError {
  return new DrybootError(`${path} has no place in the image: ${at} is there, and of another kind`, {
    code: "IMAGE_TREE",
    where: path,
    hint: "name the place it leads to in the skeleton, or make the file in the set-up script",
  });
}

function noPlaceFor(path: string): DrybootError {
  return new DrybootError(`${path} is neither a file nor a folder nor a link: it cannot be in an image`, {
    code: "IMAGE_TREE",
    where: path,
    hint: "remove it at the end of the set-up script; devices and sockets are made when the machine boots",
  });
}
