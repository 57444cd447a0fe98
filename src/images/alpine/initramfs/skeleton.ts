import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { DrybootError } from "../../../core/errors.ts";
import type { TreeFile } from "./tree.ts";

const most = { files: 10_000, bytes: 256 * 2 ** 20 };

/**
 * Files and links of a folder that go into an image as they lie there. Whether a file can be run is all that counts of its
 * permissions: the rest is the umask of whoever checked the folder out.
 */
export function skeletonIn(folder: string): readonly TreeFile[] {
  try {
    return filesIn(folder);
  } catch (cause) {
    if (cause instanceof DrybootError) throw cause;
    throw unusable(folder, "cannot be read", cause);
  }
}

function filesIn(folder: string): TreeFile[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
  if (names.length > most.files) throw unusable(folder, `is more than ${most.files} files`);
  let bytes = 0;
  return names.flatMap((name): TreeFile[] => {
    const place = join(folder, name);
    const found = lstatSync(place);
    if (found.isDirectory()) return [];
    if (found.isSymbolicLink()) return [{ path: name, target: readlinkSync(place) }];
    if (!found.isFile()) throw unusable(place, "is neither a file nor a link");
    bytes += found.size;
    if (bytes > most.bytes) throw unusable(folder, `is more than ${most.bytes / 2 ** 20} MiB`);
    return [{ path: name, bytes: readFileSync(place), mode: found.mode & 0o100 ? 0o755 : 0o644 }];
  });
}

/** Changes when one of the files does; not with the place where they lie. */
export function digestOfFiles(files: readonly TreeFile[]): string {
  const hash = createHash("sha256");
  for (const file of files) {
    const content = "target" in file ? `> ${file.target}` : `${file.mode} ${sha256(file.bytes)}`;
    hash.update(`${JSON.stringify(file.path)} ${content}\n`);
  }
  return hash.digest("hex");
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function unusable(where: string, what: string, cause?: unknown): DrybootError {
  return new DrybootError(`what goes into the image ${what}`, {
    code: "IMAGE_SKELETON",
    where,
    hint: "`skeleton` is a folder and `setup` a script, by their paths from the site file",
    exitCode: 2,
    ...(cause === undefined ? {} : { cause }),
  });
}
