import type { Subnet } from "../wire/ipv4.ts";
import { isInSubnet } from "../wire/ipv4.ts";

/** What only a machine's firmware knows: iPXE reads it from SMBIOS, and DHCP does not carry it. */
export const firmwareFacts = ["serial", "manufacturer", "product", "asset"] as const;
export type FirmwareFact = (typeof firmwareFacts)[number];

/** An empty text where the firmware has none; an absent one where nobody asked. */
export type FirmwareFacts = Readonly<Partial<Record<FirmwareFact, string>>>;

/** By what a rule can tell clients apart. */
export const conditionKeys = ["mac", "uuid", ...firmwareFacts, "arch", "hostname", "address"] as const;
export type ConditionKey = (typeof conditionKeys)[number];

/** What a client is known to be, in one spelling: lower case. An absent key is not known, an empty text is known to be none. */
export type Identity = Readonly<Partial<Record<ConditionKey, string>>>;

/** One way to meet a condition: this text, any that begins so, or an address of this network. */
export type Matcher = Readonly<{ text: string } | { prefix: string } | { network: Subnet }>;

/** All of them are to be met, each in one of its ways. */
export type Conditions = ReadonlyMap<ConditionKey, readonly Matcher[]>;

export type Verdict = "met" | "not met" | "not known";

/** Whether a client meets them, or could: what is not known of it may still be learned. */
export function judge(conditions: Conditions, identity: Identity): Verdict {
  let unknown = false;
  for (const [key, ways] of conditions) {
    const value = identity[key];
    if (value === undefined) unknown = true;
    else if (!ways.some((way) => accepts(way, value))) return "not met";
  }
  return unknown ? "not known" : "met";
}

function accepts(way: Matcher, value: string): boolean {
  if (value === "") return false;
  if ("text" in way) return value === way.text;
  if ("prefix" in way) return value.startsWith(way.prefix);
  return isInSubnet(way.network, value);
}

/** Conditions that name single machines, when they are met by a whole text. */
const naming: ReadonlySet<ConditionKey> = new Set(["mac", "uuid", "serial", "asset", "hostname", "address"]);

/**
 * Below 0 when `one` is less specific than `other`, above when it is more, 0 when neither is. First counts how many
 * conditions name single machines, then how many there are, and then whether one's clients are some of the other's.
 */
export function compareSpecificity(one: Conditions, other: Conditions): number {
  return compareCounts(one, other) || Number(isWithin(one, other)) - Number(isWithin(other, one));
}

/** The part of it that is counted, and so orders any number of rules. */
export function compareCounts(one: Conditions, other: Conditions): number {
  return names(one) - names(other) || one.size - other.size;
}

function names(conditions: Conditions): number {
  return [...conditions].filter(([key, ways]) => naming.has(key) && ways.every((way) => "text" in way))
    .length;
}

/** Whether every client that meets `one` meets `other`. */
export function isWithin(one: Conditions, other: Conditions): boolean {
  return [...other].every(([key, ways]) => {
    const own = one.get(key);
    return own?.every((way) => ways.some((wider) => contains(wider, way))) ?? false;
  });
}

function contains(wide: Matcher, narrow: Matcher): boolean {
  if ("network" in wide) {
    if ("network" in narrow) {
      const { network, prefixLength } = narrow.network;
      return prefixLength >= wide.network.prefixLength && isInSubnet(wide.network, network);
    }
    return "text" in narrow && isInSubnet(wide.network, narrow.text);
  }
  if ("prefix" in wide) {
    return "network" in narrow
      ? false
      : ("text" in narrow ? narrow.text : narrow.prefix).startsWith(wide.prefix);
  }
  return "text" in narrow && narrow.text === wide.text;
}

/** Whether one client could meet both: where they ask for different things of it, nobody knows that it cannot. */
export function canMeet(one: Conditions, other: Conditions): boolean {
  return [...one].every(([key, ways]) => {
    const others = other.get(key);
    if (!others) return true;
    return ways.some((way) => others.some((each) => contains(way, each) || contains(each, way)));
  });
}
