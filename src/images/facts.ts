/** What the pull-through of package mirrors reports. `path` is below the mirror's root. */
export interface MirrorFacts {
  /** A machine asked for it first, and it came from outside; from now on it comes from the store. */
  "mirror.fetched": { mirror: string; path: string; url: string; sizeBytes: number; durationMs: number };
  /** No mirror says whether it is still the same, so it is served as it was. */
  "mirror.stale": { mirror: string; path: string; reason: string };
  /** A machine was told that it cannot have it. */
  "mirror.failed": { mirror: string; path: string; status: number; reason: string };
}
