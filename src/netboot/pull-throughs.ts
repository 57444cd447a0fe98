import { join } from "node:path";
import { verifyAlpineFile } from "../images/alpine/verify-mirror.ts";
import { PullThrough } from "../images/pull-through.ts";
import type { FindInMirror } from "./mirrors.ts";

/** What machines have asked of mirrors, in the store. */
export const mirrorFolderName = "mirrors";

/** Mirrors that are asked directly, from where there is a way to them; each keeps its files in a folder of its name. */
export function pullThroughs(
  mirrors: Iterable<readonly [name: string, roots: readonly string[]]>,
  folder: string,
  signal: AbortSignal,
): Map<string, FindInMirror> {
  return new Map(
    [...mirrors].map(([name, roots]) => {
      const verify = name === "alpine" ? { verify: verifyAlpineFile } : {};
      const mirror = new PullThrough({ mirrors: roots, folder: join(folder, name), ...verify }, signal);
      return [name, (path) => mirror.find(path)];
    }),
  );
}
