import type { Path } from "../boot/settings.ts";
import { menuDefaultImage } from "./menu.ts";
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

/** The site with every level as `change` would have it. */
export function mapLevels(site: Site, change: <L extends Level>(level: L) => L): Site {
  const { defaults, groups, rules, machines } = site;
  return {
    ...site,
    defaults: change(defaults),
    groups: Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, change(group)])),
    rules: rules.map((rule) => (rule.set ? { ...rule, set: change(rule.set) } : rule)),
    machines: machines.map((machine) => change(machine)),
  };
}

/**
 * Every image that somebody boots when nobody chooses: who it is may be known only when he asks. What else a menu offers
 * is greyed there where it is not in the store.
 */
export function imagesNamed(site: Site): string[] {
  const named = [site.defaultImage, ...levelsOf(site).map(([, { image }]) => image), menuDefaultImage(site)];
  return [...new Set(named.filter((name) => name !== undefined))];
}
