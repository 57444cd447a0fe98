import { formatDuration } from "../core/units.ts";

/** One thing of the store that can go by itself. */
export interface Kept {
  kind: "image" | "package" | "download" | "partial" | "quarantine";
  /** For people. */
  name: string;
  /** Everything that goes with it. */
  paths: readonly string[];
  sizeBytes: number;
  usedMs: number;
}

export interface KeptImage extends Kept {
  kind: "image";
  /** In the store. */
  image: string;
  newest: boolean;
  held: boolean;
  /** Digests of what it was made from. */
  inputs: readonly string[];
}

export interface KeptInput extends Kept {
  kind: "package" | "download";
  sha256?: string | undefined;
  held: boolean;
}

export interface Inventory {
  images: readonly KeptImage[];
  inputs: readonly KeptInput[];
  leftovers: readonly Kept[];
  /** Images that sites of this machine name, and the site files. */
  sites: ReadonlyMap<string, string>;
}

export type Judged = Readonly<{ what: Kept; keep: boolean; why: string }>;

/**
 * What of a store goes, and why. Kept is what somebody uses now, what a site names, what was used within `olderThanMs`,
 * and what those images were made from, so that they can be built again without the network.
 */
export function judge(
  { images, inputs, leftovers, sites }: Inventory,
  { nowMs, olderThanMs }: { nowMs: number; olderThanMs: number },
): Judged[] {
  const age = (what: Kept): Judged => {
    const ms = Math.max(0, nowMs - what.usedMs);
    const keep = ms < olderThanMs;
    return { what, keep, why: `last used ${formatDuration(ms)} ago` };
  };
  const judgedImages = images.map((what): Judged => {
    if (what.held) return { what, keep: true, why: "in use" };
    const site = what.newest ? sites.get(what.image) : undefined;
    return site === undefined ? age(what) : { what, keep: true, why: `of the site ${site}` };
  });
  const needed = new Map(
    judgedImages.flatMap(({ what, keep }) =>
      keep && "inputs" in what
        ? (what as KeptImage).inputs.map((sha256) => [sha256, what.name] as const)
        : [],
    ),
  );
  const judgedInputs = inputs.map((what): Judged => {
    if (what.held) return { what, keep: true, why: "in use" };
    const image = what.sha256 === undefined ? undefined : needed.get(what.sha256);
    return image === undefined ? age(what) : { what, keep: true, why: `what ${image} was made from` };
  });
  return [...judgedImages, ...judgedInputs, ...leftovers.map(age)];
}
