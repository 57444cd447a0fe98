import { resolve } from "node:path";
import { ImagesLock, lockPathOf } from "../images/images-lock.ts";

/** The lock of a site's images: beside its file unless another path is given. `site` is the word it was asked for by. */
export async function siteLock(site: string, file: string, path?: string): Promise<ImagesLock> {
  const elsewhere = path === undefined ? "" : ` --lock ${path}`;
  const accept = `./dryboot image lock ${site}${elsewhere}`;
  return await ImagesLock.load(path === undefined ? lockPathOf(file) : resolve(path), accept);
}
