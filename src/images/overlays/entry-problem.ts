import { posix } from "node:path";
import type { OverlayEntry } from "./overlay.ts";
import { sizeOf } from "./overlay.ts";

/** An overlay is unpacked into memory before anything else of a machine's system is there. */
export const mostEntries = 4096;
export const mostBytes = 16 * 2 ** 20;

/** The set-user-ID and set-group-ID bits. */
export const setIdBits = 0o6000;
const highestId = 65_534;

/** Whose files in such places are not root's own, sshd, doas and sudo refuse to read: nobody logs in then. */
const onlyRoots = /^(root(\/|$)|etc\/(ssh|doas|sudoers|shadow|passwd|group|apk|init\.d|runlevels)([-./]|$))/;

/** Why an overlay may not hold this entry, as it follows its path: "is ..."; undefined when it may. */
export function entryProblem(
  entry: OverlayEntry,
  { setId = false }: { setId?: boolean } = {},
): string | undefined {
  const { path, kind, mode, uid, gid } = entry;
  const problem = pathProblem(path) ?? (kind === "link" ? linkProblem(path, entry.target) : undefined);
  if (problem !== undefined) return problem;
  if (kind !== "link" && (mode & setIdBits) !== 0 && !setId) {
    return "is set-user-ID or set-group-ID: whoever runs it becomes somebody else";
  }
  if ([uid, gid].some((id) => !Number.isInteger(id) || id < 0 || id > highestId))
    return `belongs to ${uid}:${gid}, which nobody can be`;
  if (uid !== 0 && onlyRoots.test(path))
    return `belongs to user ${uid}: what is there must be root's, or it is not heeded`;
  if (kind === "file" && sizeOf(entry) > mostBytes)
    return `is longer than the ${mostBytes} bytes of a whole overlay`;
  return undefined;
}

/** Why nothing may have this path. */
export function pathProblem(path: string): string | undefined {
  if (path.startsWith("/")) return "is an absolute path";
  const names = path.split("/");
  if (names.includes("..")) return "leads out of the root";
  if (names.some((name) => name === "" || name === ".")) return "is no path below the root";
  // Busybox passes over the extended headers that other characters and longer names need.
  if (!/^[\x20-\x7e]*$/.test(path)) return "holds a character that is not printable ASCII";
  return fitsHeader(path) ? undefined : "has too long a name for tar's header";
}

/** A link is read by the machine it is unpacked on: an absolute one begins at its root, no other may leave it. */
function linkProblem(path: string, target: string): string | undefined {
  if (target === "") return "is a link to nowhere";
  if (!/^[\x20-\x7e]*$/.test(target))
    return "is a link whose target holds a character that is not printable ASCII";
  if (target.length > 100) return "is a link with too long a target for tar's header";
  const from = target.startsWith("/") ? "" : posix.dirname(path);
  // Normalised below an imagined depth: what is left of it shows how far up the target leads.
  const end = posix.join(from, target.replace(/^\/+/, ""));
  return end === ".." || end.startsWith("../") ? `is a link that leaves the root (${target})` : undefined;
}

/** 100 bytes of name behind 155 of folders (POSIX ustar); a folder ends with a slash. */
function fitsHeader(path: string): boolean {
  let [prefix, name] = ["", `${path}/`];
  while (name.length > 100) {
    const [first = ""] = name.split("/", 1);
    if (first.length + 1 >= name.length) return false;
    prefix += prefix === "" ? first : `/${first}`;
    name = name.slice(first.length + 1);
  }
  return prefix.length <= 155;
}
