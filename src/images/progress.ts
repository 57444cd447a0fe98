import { formatSize } from "../core/units.ts";
import type { ArchiveProgress } from "../host/archive.ts";

/** What the making of an image is busy with. */
export type ImageProgress = ArchiveProgress | { step: "build" };

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
    case "build":
      return "building";
  }
}
