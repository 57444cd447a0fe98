import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { posix } from "node:path";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DecodeError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import type { TarHead } from "../alpine/tar.ts";
import { readTar } from "../alpine/tar.ts";

/** What an archive holds, without the contents. */
export type StateEntry = Omit<TarHead, "pax" | "device"> & { sha256?: string };

/** An apkovl has some hundred entries; one with many thousands is a home folder, or an attack. */
export const stateLimits = { maxEntries: 20_000, maxBytes: 128 * 2 ** 20, longestPath: 255 };

/**
 * Looks through a machine's state without unpacking it. Refused is whatever a machine's `lbu` does not make and unpacking
 * it would be dangerous or in vain: names and links that lead out, devices, setuid files, an empty archive, one that
 * has no end. Only a `DecodeError` says so.
 */
export async function checkState(path: string): Promise<{ entries: number; bytes: number }> {
  let [entries, bytes] = [0, 0];
  await readState(path, async (entry) => {
    entries += 1;
    bytes += entry.sizeBytes;
  });
  if (entries === 0) throw new DecodeError("archive", 0, "it holds nothing");
  return { entries, bytes };
}

/** Reads a state, entry by entry, each of them checked before it is shown. */
export async function readState(
  source: string | Uint8Array,
  visit: (entry: TarHead, content: AsyncIterable<Uint8Array>) => Promise<void>,
): Promise<void> {
  const kinds = new Map<string, string>();
  const compressed = typeof source === "string" ? createReadStream(source) : Readable.from([source]);
  const unpacked = createGunzip();
  compressed.on("error", (error: Error) => unpacked.destroy(error)).pipe(unpacked);
  let damaged: NodeJS.ErrnoException | undefined;
  unpacked.on("error", (error) => {
    damaged = error;
  });
  try {
    await readTar(unpacked, { field: "archive", ...stateLimits }, async (entry, content) => {
      const problem = problemOf(entry, kinds);
      if (problem !== undefined) throw new DecodeError("archive", 0, `${shown(entry.path)} ${problem}`);
      kinds.set(entry.path, entry.type);
      await visit(entry, content);
    });
  } catch (error) {
    // What zlib says would tell a person little.
    const { code = "", message } = damaged ?? {};
    if (code.startsWith("Z_")) throw new DecodeError("archive", 0, `no whole gzip file: ${message}`);
    throw error;
  } finally {
    compressed.destroy();
  }
}

/** The entries of a state by path, with the digests of their contents. */
export async function entriesOf(source: string | Uint8Array): Promise<Map<string, StateEntry>> {
  const entries = new Map<string, StateEntry>();
  await readState(source, async ({ pax: _, device: __, ...entry }, content) => {
    const hash = createHash("sha256");
    for await (const chunk of content) hash.update(chunk);
    entries.set(entry.path, entry.type === "file" ? { ...entry, sha256: hash.digest("hex") } : entry);
  });
  return entries;
}

/** What is wrong with an entry, when those before it were these; undefined when nothing is. */
function problemOf(entry: TarHead, before: ReadonlyMap<string, string>): string | undefined {
  const { path, type } = entry;
  const was = before.get(path);
  if (was !== undefined && !(was === "folder" && type === "folder")) return "is there twice";
  // Unpacked in this order, what lies below a link would be written to where that points.
  for (let folder = posix.dirname(path); folder !== "."; folder = posix.dirname(folder)) {
    const kind = before.get(folder);
    if (kind !== undefined && kind !== "folder") return `lies below ${shown(folder)}, which is no folder`;
  }
  return ownProblem(entry) ?? linkProblem(entry, before);
}

function ownProblem({ path, type, mode, uid, gid, pax }: TarHead): string | undefined {
  if (path.length > stateLimits.longestPath) return "has too long a name";
  if (type === "char-device" || type === "block-device") return "is a device";
  if (type === "fifo") return "is a pipe";
  if (type === "file" && (mode & 0o6000) !== 0) return "runs as another user (setuid or setgid)";
  if (uid > 0xffff || gid > 0xffff) return "belongs to nobody there can be";
  const passedOver = [...pax.keys()].find((key) => /^(path|linkpath|size|GNU\.sparse.*)$/.test(key));
  if (passedOver === undefined) return undefined;
  return `has an extended header (${passedOver}), which busybox's tar passes over: make it with that, as lbu does`;
}

function linkProblem(
  { path, type, target = "" }: TarHead,
  before: ReadonlyMap<string, string>,
): string | undefined {
  if (type === "symlink" && leadsOut(path, target)) return `is a link that leads out, to ${shown(target)}`;
  if (type !== "hardlink" || before.get(clean(target)) === "file") return undefined;
  return `is a link to ${shown(target)}, no file before it`;
}

/** An absolute one begins at the machine's own root; `..` at the root stays there, but nobody writes that by mistake. */
function leadsOut(path: string, target: string): boolean {
  if (target.startsWith("/")) return posix.normalize(`.${target}`).startsWith("..");
  return posix.join(posix.dirname(path), target).startsWith("..");
}

const clean = (path: string) => path.replace(/^(\.?\/+)+/, "");
const shown = (path: string) => JSON.stringify(printable(path, 100));
