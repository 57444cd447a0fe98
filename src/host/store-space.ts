import { statfs } from "node:fs/promises";
import { DrybootError } from "../core/errors.ts";
import { formatSize } from "../core/units.ts";

/** Half a file takes as long to fetch as it takes to see that the other half does not fit. `store` must be there. */
export async function requireSpace(store: string, what: string, neededBytes: number): Promise<void> {
  const free = await freeBytesOf(store);
  if (neededBytes > free) throw noSpaceFor(store, what, formatSize(neededBytes), free);
}

/** How much an ordinary user can still write to the disk of a folder. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** The error for a person when something does not fit, with what it is and how much it would take. */
export function noSpaceFor(
  store: string,
  what: string,
  needed: string,
  freeBytes: number,
  cause?: unknown,
): DrybootError {
  return new DrybootError(`${what}: ${needed} needed, ${formatSize(freeBytes)} free`, {
    code: "NO_SPACE",
    where: store,
    hint: "make room (`./dryboot image gc`), or point DRYBOOT_STORE to a folder on a larger disk, then run the same command again",
    cause,
  });
}
