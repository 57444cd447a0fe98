import { printable } from "../core/printable.ts";
import { findInFolder } from "../core/served-folder.ts";
import type { Recorder } from "../core/timeline.ts";
import type { HttpAnswer } from "../http/server.ts";
import type { MirrorFacts } from "../images/facts.ts";
import type { Pulled } from "../images/pull-through.ts";

/** A file below a mirror's root, or why there is none. */
export type FindInMirror = (path: string) => Promise<Pulled>;

/** Mirrors by their name in `mirror/NAME/`. */
export type ServedMirrors = ReadonlyMap<string, FindInMirror>;

/** The answer to who asks below `mirror/NAME/`; undefined for any other path, and where there is no such mirror. */
export async function mirrorAnswer(
  asked: string,
  mirrors: ServedMirrors | undefined,
  timeline: Recorder<MirrorFacts>,
): Promise<HttpAnswer | undefined> {
  const [, mirror = "", path = ""] = /^mirror\/([^/]+)\/(.+)$/.exec(asked) ?? [];
  const find = mirrors?.get(mirror);
  if (find === undefined) return undefined;
  const pulled = await find(path);
  if ("status" in pulled) {
    const { status, reason } = pulled;
    timeline.record("mirror.failed", { mirror, path, status, reason });
    return { status, text: `${printable(path)} of the mirror ${mirror}: ${reason}\n`, reason };
  }
  const { file, fetched, stale } = pulled;
  const { sizeBytes } = file;
  if (fetched !== undefined) timeline.record("mirror.fetched", { mirror, path, sizeBytes, ...fetched });
  if (stale !== undefined) timeline.record("mirror.stale", { mirror, path, reason: stale });
  return { file };
}

/** A mirror that is a folder, the first of these that has a file. */
export function foldersAsMirror(folders: readonly string[]): FindInMirror {
  return async (path) => {
    for (const folder of folders) {
      const file = await findInFolder(folder, path);
      if (file !== undefined) return { file };
    }
    return { status: 404, reason: "it is not there" };
  };
}
