import type { ConditionKey, Conditions, Matcher } from "../boot/conditions.ts";
import { compareCounts, conditionKeys, isWithin } from "../boot/conditions.ts";
import type { Layer, SiteRule } from "../boot/settings.ts";
import { parseSubnet } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";
import type { Site } from "./schema.ts";
import { groupLayers, listOf, settingsOf } from "./settings-of.ts";

/** The rules of a site in the order of the file. */
export function rulesOf({ rules, groups }: Pick<Site, "rules" | "groups">): SiteRule[] {
  return rules.map(({ when, use, set = {} }, index): SiteRule => {
    const path = ["rules", index];
    const own: Layer = { path: [...path, "set"], settings: settingsOf(set) };
    return { path, when: conditionsOf(when), layers: [...groupLayers(groups, use, path), own] };
  });
}

/** From the least to the most specific; where neither is, as they stand in the file. */
export function bySpecificity(rules: readonly SiteRule[]): SiteRule[] {
  // "Its clients are some of the other's" orders only pairs: how many rules a rule is within orders them all alike.
  const depths = new Map(rules.map((rule) => [rule, depthOf(rule, rules)]));
  const depth = (rule: SiteRule) => depths.get(rule) ?? 0;
  return rules.toSorted((one, other) => compareCounts(one.when, other.when) || depth(one) - depth(other));
}

function depthOf({ when }: SiteRule, rules: readonly SiteRule[]): number {
  return rules.filter((other) => isWithin(when, other.when) && !isWithin(other.when, when)).length;
}

function conditionsOf(when: Site["rules"][number]["when"]): Conditions {
  return new Map(
    conditionKeys.flatMap((key): [ConditionKey, readonly Matcher[]][] => {
      const texts = when[key];
      return texts === undefined ? [] : [[key, listOf<string>(texts).map((text) => matcherOf(key, text))]];
    }),
  );
}

/** In the spelling of what it is compared with. */
function matcherOf(key: ConditionKey, text: string): Matcher {
  const lower = text.trim().toLowerCase();
  if (key === "address") {
    const network = text.includes("/") ? parseSubnet(text) : undefined;
    return network ? { network } : { text: lower };
  }
  const plain = key === "mac" ? (parseMac(text) ?? lower.replaceAll("-", ":")) : lower;
  return plain.endsWith("*") ? { prefix: plain.slice(0, -1) } : { text: plain };
}
