import { closeSync, openSync } from "node:fs";
import { DrybootError } from "../core/errors.ts";
import { storeFailed } from "./lease-file.ts";

const exclusiveWithoutWaiting = 2 | 4; // LOCK_EX | LOCK_NB of flock(2)
const wouldBlock = 11; // EWOULDBLOCK, on every Linux but a few old RISC ports

/**
 * Holds a folder against other processes; undefined when another holds it. Through flock(2), which Node lacks: the
 * kernel lets go when we die, however that happens, so there is no stale lock to judge.
 */
export async function lockFolder(folder: string): Promise<Disposable | undefined> {
  const { flock, errno } = await loadLibc();
  let fd: number;
  try {
    fd = openSync(folder, "r");
  } catch (cause) {
    throw storeFailed("cannot open the lease store", folder, cause);
  }
  if (flock(fd, exclusiveWithoutWaiting) === 0) {
    let held = true;
    return {
      [Symbol.dispose]() {
        if (held) closeSync(fd);
        held = false;
      },
    };
  }
  const failed = errno();
  closeSync(fd);
  if (failed === wouldBlock) return undefined;
  throw storeFailed("cannot lock the lease store", folder, new Error(`flock failed with errno ${failed}`));
}

async function loadLibc() {
  try {
    const { default: koffi } = await import("koffi"); // an optional binary: loaded only where leases are kept
    const flock = koffi.load(null).func("int flock(int, int)");
    return { flock: (fd: number, operation: number): number => flock(fd, operation), errno: koffi.errno };
  } catch (cause) {
    throw new DrybootError("cannot load koffi, through which the lease store is locked", {
      code: "KOFFI_MISSING",
      where: "dhcp",
      hint: "run `npm ci` again without `--omit=optional`",
      cause,
    });
  }
}
