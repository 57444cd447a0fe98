import { DrybootError } from "../core/errors.ts";

/** The error for a person when the store's disk says no; anything else is returned as it came. */
export function storeFailure(where: string, cause: unknown): unknown {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new DrybootError("there is no space left in the store", {
      code: "NO_SPACE",
      where,
      hint: "make room, or point DRYBOOT_STORE to a folder on a larger disk, then run the same command again",
      cause,
    });
  }
  if (
    code === "EACCES" ||
    code === "EPERM" ||
    code === "EROFS" ||
    code === "ENOTDIR" ||
    isFailedMkdir(cause)
  ) {
    return new DrybootError("the store cannot be written", {
      code: "STORE_NOT_WRITABLE",
      where,
      hint: "point DRYBOOT_STORE to a folder you may write, or mend the permissions of this one",
      cause,
    });
  }
  return cause;
}

/** Node's recursive mkdir says ENOENT on a read-only file system, and EEXIST where a file stands in the way. */
function isFailedMkdir(cause: unknown): boolean {
  const { code, syscall } = cause as NodeJS.ErrnoException;
  return (code === "ENOENT" || code === "EEXIST") && syscall === "mkdir";
}
