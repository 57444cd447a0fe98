import { lstat, rm } from "node:fs/promises";
import { storeFailure } from "../host/store-failure.ts";
import { lockStore } from "../host/store-lock.ts";
import type { Judged } from "./gc.ts";
import { judge } from "./gc.ts";
import { inventoryOf } from "./gc-inventory.ts";
import { ImageStore } from "./store.ts";
import { removeUnlessHeld } from "./store-holds.ts";

export interface CollectOptions {
  olderThanMs: number;
  /** Only say what would go. */
  dryRun: boolean;
  signal?: AbortSignal;
}

/** Takes out of a store what nobody refers to, and says of everything in it why it went or stayed. */
export async function collect(store: string, options: CollectOptions): Promise<Judged[]> {
  const { olderThanMs, dryRun, signal } = options;
  const images = new ImageStore(store);
  try {
    // Who builds holds it too, so that nothing goes that is just being built from.
    await using _lock = await lockStore(images.lockFile, signal === undefined ? {} : { signal });
    if (!dryRun) await images.removeLeftovers();
    const judged = judge(await inventoryOf(store), { nowMs: Date.now(), olderThanMs });
    if (dryRun) return judged;
    const done: Judged[] = [];
    for (const one of judged) done.push(one.keep ? one : await removed(one, images, signal));
    return done;
  } catch (error) {
    throw storeFailure(store, error);
  }
}

async function removed(one: Judged, images: ImageStore, signal: AbortSignal | undefined): Promise<Judged> {
  signal?.throwIfAborted();
  for (const path of one.what.paths) {
    // The name goes first: what is half gone is then simply not there.
    if (one.what.kind === "image") await images.unlink(path);
    const folder = (await lstat(path).catch(() => undefined))?.isDirectory();
    if (!folder) await rm(path, { force: true });
    else if (!(await removeUnlessHeld(path))) return { ...one, keep: true, why: "in use since a moment ago" };
  }
  return one;
}
