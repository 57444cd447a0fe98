import type { FileHandle } from "node:fs/promises";
import { open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { tryFlock } from "../core/flock.ts";

/**
 * Who uses something of the store holds a shared lock on its folder; who removes it must have it alone. There is nothing
 * to be written down, so nothing is left behind by whoever is killed, and it counts between containers too.
 */
export class StoreHolds implements AsyncDisposable {
  readonly #store: string;
  readonly #held = new Map<string, FileHandle>();

  constructor(store: string) {
    this.#store = resolve(store);
  }

  /**
   * Holds what these paths lie in until disposed of, and notes that it was used; paths elsewhere need no hold. False when
   * something of it has just been removed: it must be looked for again.
   */
  async hold(paths: Iterable<string>): Promise<boolean> {
    for (const folder of new Set([...paths].flatMap((path) => unitOf(this.#store, path) ?? []))) {
      if (this.#held.has(folder)) continue;
      const handle = await open(folder, "r").catch(() => undefined);
      if (handle === undefined) return false;
      if (!(await holds(handle, folder))) {
        await handle.close();
        return false;
      }
      this.#held.set(folder, handle);
      const now = new Date();
      await utimes(folder, now, now).catch(() => {}); // of another user's, or on a disk that is read-only
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const handle of this.#held.values()) await handle.close();
    this.#held.clear();
  }
}

async function holds(handle: FileHandle, folder: string): Promise<boolean> {
  const { ino, dev } = await handle.stat();
  const isThere = async () => {
    const there = await stat(folder).catch(() => undefined);
    return there?.ino === ino && there.dev === dev;
  };
  // Somebody who has it alone removes it, or only asks whether it is used: that takes a moment.
  while (!(await tryFlock(handle.fd, "shared"))) {
    if (!(await isThere())) return false;
    await sleep(20);
  }
  return await isThere();
}

/** The folder that is there or not as a whole, to which a path of the store belongs. */
export function unitOf(store: string, path: string): string | undefined {
  const inStore = relative(resolve(store), path);
  const [, unit] = /^(images\/[^/.][^/]*|packages\/[^/]+\/[^/.][^/]*)\//.exec(inStore) ?? [];
  return unit === undefined ? undefined : join(resolve(store), unit);
}

/** Removes a folder unless somebody uses it; says whether it is gone. It vanishes at once, whatever happens then. */
export async function removeUnlessHeld(folder: string): Promise<boolean> {
  const handle = await open(folder, "r").catch(() => undefined);
  if (handle === undefined) return true;
  await using held = handle;
  if (!(await tryFlock(held.fd, "exclusive"))) return false;
  const aside = join(dirname(folder), `.removing-${basename(folder)}-${process.pid}`);
  await rename(folder, aside);
  await rm(aside, { recursive: true, force: true });
  return true;
}

/** Whether somebody uses a folder; asked of the lock itself. */
export async function isHeld(folder: string): Promise<boolean> {
  const handle = await open(folder, "r").catch(() => undefined);
  if (handle === undefined) return false;
  await using held = handle;
  return !(await tryFlock(held.fd, "exclusive"));
}

/** Who holds a folder, as far as this process may see them. */
export async function holdersOf(folder: string): Promise<number[]> {
  const [{ ino }, locks] = await Promise.all([stat(folder), readFile("/proc/locks", "utf8")]);
  const pids = locks.split("\n").flatMap((line) => {
    // `3: FLOCK  ADVISORY  READ  1234 fd:01:5678 0 EOF` (proc_locks(5))
    const [, pid, inode] = /FLOCK\s+ADVISORY\s+READ\s+(-?\d+)\s+[0-9a-f]+:[0-9a-f]+:(\d+)\s/.exec(line) ?? [];
    return Number(inode) === ino && Number(pid) > 0 ? [Number(pid)] : [];
  });
  return [...new Set(pids)];
}
