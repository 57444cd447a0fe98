import { isDeepStrictEqual } from "node:util";
import { canMeet, compareSpecificity, firmwareFacts } from "../boot/conditions.ts";
import type { Effective } from "../boot/effective-settings.ts";
import { settled } from "../boot/effective-settings.ts";
import type { Given, Path, SiteRule } from "../boot/settings.ts";
import { settingsOfDhcp, singleSettings } from "../boot/settings.ts";
import { suggest } from "../core/nearest.ts";
import { formatPath } from "../core/place.ts";
import type { Mistake } from "./mistake.ts";
import { quoteValue } from "./mistake.ts";
import { rulesOf } from "./rules.ts";
import type { Site } from "./schema.ts";
import { listOf } from "./settings-of.ts";

/** Whether groups and rules say one thing to every client, when it can be known. */
export function checkRules(site: Site): Mistake[] {
  const names = checkNames(site);
  const circles = checkCircles(site.groups);
  const rules = rulesOf(site).map((rule) => ({ rule, says: settled(rule.layers) }));
  const ties = rules.flatMap((later, index) =>
    rules.slice(0, index).flatMap((earlier) => tiesBetween(earlier, later)),
  );
  return [
    ...names,
    ...circles,
    ...ties,
    ...rules.flatMap(({ rule, says }) => [...checkStage(rule, says), ...checkOverlays(rule, says)]),
  ];
}

/** Every place that uses groups. */
function usesOf({ groups, rules, machines }: Site): [Path, readonly string[]][] {
  return [
    ...Object.entries(groups).map(([name, { use = [] }]): [Path, readonly string[]] => [
      ["groups", name, "use"],
      listOf(use),
    ]),
    ...rules.map(({ use = [] }, index): [Path, readonly string[]] => [["rules", index, "use"], listOf(use)]),
    ...machines.map(({ use = [] }, index): [Path, readonly string[]] => [
      ["machines", index, "use"],
      listOf(use),
    ]),
  ];
}

function checkNames(site: Site): Mistake[] {
  const names = Object.keys(site.groups);
  return usesOf(site).flatMap(([path, used]) =>
    used.flatMap((name): Mistake[] =>
      names.includes(name)
        ? []
        : [
            {
              path,
              says: `names "${name}": there is no such name in \`groups\``,
              hint: suggest(name, names),
            },
          ],
    ),
  );
}

/** Each circle once, at its first group. */
function checkCircles(groups: Site["groups"]): Mistake[] {
  const done = new Set<string>();
  const circles: Mistake[] = [];
  const visit = (name: string, way: readonly string[]) => {
    const begin = way.indexOf(name);
    if (begin !== -1) {
      const round = [...way.slice(begin), name].join(", which uses ");
      circles.push({ path: ["groups", name, "use"], says: `goes round in a circle: ${round}` });
      return;
    }
    if (done.has(name) || !Object.hasOwn(groups, name)) return;
    for (const base of listOf(groups[name]?.use ?? [])) visit(base, [...way, name]);
    done.add(name);
  };
  for (const name of Object.keys(groups)) visit(name, []);
  return circles;
}

type Said = Readonly<{ rule: SiteRule; says: Omit<Effective, "rules" | "open"> }>;

/** Settings about which two rules disagree although neither is more specific, and one client could meet both. */
function tiesBetween(earlier: Said, later: Said): Mistake[] {
  const [one, other] = [earlier.rule.when, later.rule.when];
  if (compareSpecificity(one, other) !== 0 || !canMeet(one, other)) return [];
  const singles = singleSettings.map((key) => [earlier.says[key], later.says[key]] as const);
  const texts = [...later.says.variables].map(
    ([name, given]) => [earlier.says.variables.get(name), given] as const,
  );
  const choices = [...later.says.choices].map(
    ([name, given]) => [earlier.says.choices.get(name), given] as const,
  );
  return [...singles, ...texts, ...choices].flatMap(([first, second]): Mistake[] => {
    if (!first || !second || isDeepStrictEqual(first.value, second.value)) return [];
    const says = `is ${shown(second)}${by(second)}, and \`${formatPath(first.path)}\`${by(first)} is ${shown(first)}: \`${formatPath(earlier.rule.path)}\` and \`${formatPath(later.rule.path)}\` can fit one client, and neither is more specific`;
    return [{ path: second.path, says, hint: "add a condition to one of them, or have both say the same" }];
  });
}

const shown = ({ value }: Given<unknown>) =>
  Array.isArray(value) ? value.map(quoteValue).join(", ") : quoteValue(value);
const by = ({ usedBy }: Given<unknown>) =>
  usedBy === undefined ? "" : `, used by \`${formatPath(usedBy)}\`,`;

/** Overlays are made when the site is read: of a machine, this file itself must say what the rule asks for. */
function checkOverlays({ path, when }: SiteRule, { overlays }: Said["says"]): Mistake[] {
  const unknown = [...when.keys()].find((key) => !["mac", "uuid", "address"].includes(key));
  if (unknown === undefined) return [];
  const asked = formatPath([...path, "when", unknown]);
  return overlays.map(({ path }) => ({
    path,
    says: `is made before any machine asks, when nobody knows what \`${asked}\` asks for`,
    hint: "choose these machines by `mac`, `uuid` or `address`, or give the overlay to a group that they use",
  }));
}

/** DHCP answers before anybody knows what the firmware says of itself, or which address the client has. */
function checkStage({ path, when }: SiteRule, says: Said["says"]): Mistake[] {
  const late = [...firmwareFacts, "address" as const].filter((key) => when.has(key));
  const [key] = late;
  if (key === undefined) return [];
  const why =
    key === "address"
      ? "the client has no address yet"
      : `nobody knows its ${key} yet: only iPXE reads that, and says it when it asks for its script`;
  return settingsOfDhcp.flatMap((setting): Mistake[] => {
    const given = says[setting];
    if (!given) return [];
    return [
      {
        path: given.path,
        says: `is what DHCP answers, when ${why}; \`${formatPath([...path, "when", key])}\` cannot decide it`,
        hint: "tell these clients apart by `mac`, `uuid`, `arch` or `hostname`",
      },
    ];
  });
}
