import { closeSync, openSync } from "node:fs";
import { tryFlock } from "../core/flock.ts";
import { storeFailed } from "./lease-file.ts";

/** Holds a folder against other processes; undefined when another holds it. There is no stale lock to judge. */
export async function lockFolder(folder: string): Promise<Disposable | undefined> {
  let fd: number;
  try {
    fd = openSync(folder, "r");
  } catch (cause) {
    throw storeFailed("cannot open the lease store", folder, cause);
  }
  let held = false;
  try {
    held = await tryFlock(fd, "exclusive");
  } catch (cause) {
    throw storeFailed("cannot lock the lease store", folder, cause);
  } finally {
    if (!held) closeSync(fd);
  }
  if (!held) return undefined;
  return {
    [Symbol.dispose]() {
      if (held) closeSync(fd);
      held = false;
    },
  };
}
