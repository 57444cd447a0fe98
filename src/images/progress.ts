import { formatSize } from "../core/units.ts";
import type { ArchiveProgress } from "../host/archive.ts";

/** What the making of an image is busy with. */
export type ImageProgress =
  | ArchiveProgress
  | FetchProgress
  | MirrorProgress
  | CommandProgress
  | { step: "build" };

/** How far a file of a mirror is. */
export interface FetchProgress {
  step: "fetch";
  file: string;
  doneBytes: number;
  /** Where the mirror says it. */
  sizeBytes?: number | undefined;
  /** Of several that are fetched at once: how many are whole. */
  files?: { done: number; all: number };
}

/** A mirror did not give a file; the next one is asked. */
export interface MirrorProgress {
  step: "mirror";
  mirror: string;
  problem: string;
}

/** A program is at work for us, and says something. */
export interface CommandProgress {
  step: "command";
  program: string;
  says: string;
}

/** The same as a person reads it: `downloading busybox-static (906.4 KiB), 40 %`. */
export function sayProgress(progress: ImageProgress): string {
  switch (progress.step) {
    case "waiting":
      return "waiting for another dryboot that works in the same store";
    case "index":
      return "fetching and verifying Debian's package index";
    case "download": {
      const { package: name = "", sizeBytes = 0, fraction = 0 } = progress;
      return `downloading ${name} (${formatSize(sizeBytes)}), ${Math.floor(fraction * 100)} %`;
    }
    case "unpack":
      return `unpacking ${progress.package ?? ""}`;
    case "fetch":
      return sayFetch(progress);
    case "mirror":
      return `${progress.mirror}: ${progress.problem}`;
    case "build":
      return "building";
    case "command":
      return `${progress.program}: ${progress.says}`;
  }
}

function sayFetch({ file, doneBytes, sizeBytes, files }: FetchProgress): string {
  const of = files ? ` (${files.done + 1} of ${files.all} files)` : "";
  if (sizeBytes === undefined) return `fetching ${file}${of}, ${formatSize(doneBytes)}`;
  const percent = sizeBytes === 0 ? 100 : Math.floor((100 * doneBytes) / sizeBytes);
  return `fetching ${file}${of} (${formatSize(sizeBytes)}), ${percent} %`;
}
