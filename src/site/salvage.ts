import type * as z from "zod";
import type { Site } from "./schema.ts";
import { siteSchema } from "./schema.ts";

type Path = readonly PropertyKey[];

/** What is left of a site when all that the schema refused is taken out; every entry keeps its place. */
export interface Salvaged {
  site: Site;
  /** Whether something was taken out of a section, so that what is left of it may mislead. */
  touched(section: string): boolean;
}

/** Each round takes out what the one before uncovered: a wrong value, then the entry that cannot be without one. */
const mostRounds = 5;

/**
 * Takes out what is refused, so that the rest can be looked at as well and a person hears of all mistakes at once.
 * Undefined where too little is left.
 */
export function salvage(value: unknown): Salvaged | undefined {
  const rest = copyOf(value);
  if (!isObject(rest)) return undefined;
  const touched = new Set<string>();
  for (let round = 0; round < mostRounds; round += 1) {
    const parsed = siteSchema.safeParse(rest);
    if (parsed.success) return { site: parsed.data, touched: (section) => touched.has(section) };
    for (const path of parsed.error.issues.flatMap(placesOf)) {
      touched.add(String(path[0]));
      if (path.includes("variables")) touched.add("variables");
      takeOut(rest, path, round);
    }
  }
  return undefined;
}

function placesOf(issue: z.core.$ZodIssue): Path[] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

/** Whole sections go, but for those whose entries stand alone: of these only the entry's key goes. */
function takeOut(rest: Record<string, unknown>, [section, ...path]: Path, round: number): void {
  const key = String(section);
  const stand = standIns[key];
  const entries = rest[key];
  const [entry, part] = path;
  if (key === "name") rest["name"] = "site";
  else if (key === "defaults" && isObject(entries) && entry !== undefined) delete entries[String(entry)];
  else if (!stand || entry === undefined || typeof entries !== "object" || entries === null) delete rest[key];
  else {
    const found: unknown = Reflect.get(entries, entry);
    const whole = stand.whole.includes(String(part)) || round >= 2;
    if (!whole && isObject(found) && part !== undefined) {
      delete found[String(part)];
      Object.assign(found, pick(stand.make(String(entry)), String(part)));
    } else {
      Object.defineProperty(entries, entry, {
        value: stand.make(String(entry)),
        ...{ enumerable: true, configurable: true, writable: true },
      });
    }
  }
}

/** What stands for an entry that cannot be read: nobody meets it by accident, and whoever names it finds it. */
const standIns: Readonly<
  Record<string, { whole: readonly string[]; make(entry: string): Record<string, unknown> } | undefined>
> = {
  machines: {
    whole: [],
    make: (entry) => ({ name: `entry-${Number(entry)}`, mac: nobody(Number(entry), 1) }),
  },
  // Without one of its conditions it would be met by others.
  rules: { whole: ["when"], make: (entry) => ({ when: { mac: nobody(Number(entry), 2) } }) },
  groups: { whole: [], make: () => ({}) },
  images: { whole: [], make: () => ({ recipe: "rescue" }) },
};

/** A MAC that no card has: all with this prefix are given out by hand. */
function nobody(index: number, kind: number): string {
  const hex = index.toString(16).padStart(6, "0").slice(-6).match(/../g) ?? [];
  return ["0e", "00", `0${kind}`, ...hex].join(":");
}

function pick(from: Record<string, unknown>, key: string): Record<string, unknown> {
  return Object.hasOwn(from, key) ? { [key]: from[key] } : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without anything that a file could bring in beside its own keys. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, copyOf(each)]));
}
