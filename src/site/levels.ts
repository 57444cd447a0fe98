import type { Path } from "../boot/settings.ts";
import type { Site } from "./schema.ts";

export type Level = Site["defaults"];

/** Every place where settings stand. */
export function levelsOf({ defaults, groups, rules, machines }: Site): [Path, Level][] {
  return [
    [["defaults"], defaults],
    ...Object.entries(groups).map(([name, group]): [Path, Level] => [["groups", name], group]),
    ...rules.map(({ set = {} }, index): [Path, Level] => [["rules", index, "set"], set]),
    ...machines.map((machine, index): [Path, Level] => [["machines", index], machine]),
  ];
}

/** Every image that somebody may boot: who it is may be known only when he asks. */
export function imagesNamed(site: Site): string[] {
  const entries = site.menu?.entries ?? [];
  const offered = [...entries, ...entries.flatMap((entry) => entry.entries ?? [])];
  const named = [
    site.defaultImage,
    ...levelsOf(site).map(([, { image }]) => image),
    ...offered.flatMap(({ image, images = {} }) => [image, ...Object.values(images)]),
  ];
  return [...new Set(named.filter((name) => name !== undefined))];
}
