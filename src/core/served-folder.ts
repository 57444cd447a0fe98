import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { open, readlink } from "node:fs/promises";
import { join } from "node:path";
import { DrybootError } from "./errors.ts";
import type { ServedFile } from "./served-file.ts";

/** Names a file without opening it (open(2)): a FIFO does not block, a device does nothing. Node has no name for it. */
const O_PATH = 0o10000000;

/**
 * The file of this name (relative, without `..`) in a folder; links count where they end inside it. Undefined when there
 * is none. The folder itself may be a link that is pointed elsewhere meanwhile: the next request sees it.
 */
export async function findInFolder(folder: string, name: string): Promise<ServedFile | undefined> {
  const path = join(folder, name);
  const handle = await openInside(folder, name);
  if (handle === undefined) return undefined;
  await using open = handle;
  const { size, mtimeMs } = await open.stat();
  return {
    path,
    sizeBytes: size,
    modifiedMs: mtimeMs,
    open: async () => (await openInside(folder, name)) ?? Promise.reject(gone(path)),
  };
}

/**
 * Names may be swapped for links between any two looks at them. So the file is pinned first, then the kernel is asked
 * where the pinned one lies, and that very one is opened.
 */
async function openInside(folder: string, name: string): Promise<FileHandle | undefined> {
  if (name.includes("\0") || name.split("/").includes("..")) return undefined;
  const path = join(folder, name);
  try {
    await using root = await open(folder, O_PATH | constants.O_DIRECTORY);
    const pinned = await open(`${throughDescriptor(root)}/${name}`, O_PATH).catch(undefinedWhenAbsent);
    if (pinned === undefined) return undefined;
    await using file = pinned;
    const [inside, at] = await Promise.all([root, file].map((handle) => readlink(throughDescriptor(handle))));
    if (!at?.startsWith(inside === "/" ? "/" : `${inside}/`)) return undefined;
    if (!(await file.stat()).isFile()) return undefined;
    return await open(throughDescriptor(file), constants.O_RDONLY);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

const throughDescriptor = ({ fd }: FileHandle) => `/proc/self/fd/${fd}`;

function undefinedWhenAbsent(error: NodeJS.ErrnoException): undefined {
  if (["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"].includes(error.code ?? "")) return undefined;
  throw error;
}

function unreadable(path: string, cause: unknown): DrybootError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  return new DrybootError(`cannot read ${path} (${code})`, {
    code: "FILE_UNREADABLE",
    where: path,
    hint: "it and the folders above it must be there, and readable for the user that the server runs as",
    cause,
  });
}

const gone = (path: string) =>
  new DrybootError("the file is no longer there", {
    code: "FILE_CHANGED",
    where: path,
    hint: "it was removed while it was served: start again",
  });
