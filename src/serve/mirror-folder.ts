import { lchown, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { storeFailure } from "../host/store-failure.ts";
import { mirrorFolderName } from "../netboot/pull-throughs.ts";
import type { User } from "./privileges.ts";

/**
 * What machines ask of mirrors is written when we are no longer root. All below this folder is its user's then: root never
 * reads or removes anything there.
 */
export async function giveMirrorFolder(store: string, { uid, gid }: User): Promise<void> {
  const folder = join(store, mirrorFolderName);
  try {
    await mkdir(folder, { recursive: true });
    await lchown(folder, uid, gid);
  } catch (error) {
    throw storeFailure(folder, error);
  }
}
