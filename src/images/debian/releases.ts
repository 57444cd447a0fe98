import type { Suite } from "../../host/apt-sources.ts";

/** Debian's stable releases that images are made of. `epoch`: when each came out, in seconds. */
export const debianReleases = {
  12: { suite: "bookworm", epoch: Date.UTC(2023, 5, 10) / 1000 },
  13: { suite: "trixie", epoch: Date.UTC(2025, 7, 9) / 1000 },
} as const satisfies Record<number, { suite: Suite; epoch: number }>;

export type DebianRelease = keyof typeof debianReleases;
