import { DrybootError } from "./errors.ts";

// Of flock(2); each without waiting.
const operations = { shared: 1 | 4, exclusive: 2 | 4 } as const;
const wouldBlock = 11; // EWOULDBLOCK, on every Linux but a few old RISC ports

/**
 * Locks what a descriptor has open, through flock(2), which Node lacks: true when it is ours, false when others hold it in
 * a way that forbids it. The kernel lets go when the descriptor is closed or we die, however that happens.
 */
export async function tryFlock(fd: number, kind: keyof typeof operations): Promise<boolean> {
  const { flock, errno } = await loadLibc();
  if (flock(fd, operations[kind]) === 0) return true;
  const failed = errno();
  if (failed === wouldBlock) return false;
  throw new Error(`flock failed with errno ${failed}`);
}

async function loadLibc() {
  try {
    const { default: koffi } = await import("koffi"); // an optional binary: loaded only where something is locked
    const flock = koffi.load(null).func("int flock(int, int)");
    return { flock: (fd: number, operation: number): number => flock(fd, operation), errno: koffi.errno };
  } catch (cause) {
    throw new DrybootError("cannot load koffi, through which files are locked", {
      code: "KOFFI_MISSING",
      where: "flock",
      hint: "run `npm ci` again without `--omit=optional`",
      cause,
    });
  }
}
