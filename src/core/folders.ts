import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout this code runs from. */
export const projectFolder = resolve(import.meta.dirname, "../..");

/**
 * Where images, unpacked packages and cached verdicts live: `$DRYBOOT_STORE`, else `dryboot` in the user's cache folder
 * (XDG base directory specification). Everything in it can be made again.
 */
export function storeFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { DRYBOOT_STORE, XDG_CACHE_HOME } = env;
  if (DRYBOOT_STORE) return resolve(DRYBOOT_STORE);
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "dryboot");
}
