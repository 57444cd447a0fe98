import * as z from "zod";

/** One state that a machine handed in. Its file is named by its digest. */
const version = z.strictObject({
  number: z.int().min(1),
  /** When it was taken in: the server's clock, for the machine's may be wrong. */
  at: z.iso.datetime(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  sizeBytes: z.int().min(1),
  /** How many files, folders and links it holds. */
  entries: z.int().min(0),
  /** An address, or the file it was imported from. */
  from: z.string().max(200),
});

/** Everything that is known of what a machine handed in. */
export const historySchema = z.strictObject({
  format: z.literal(1),
  /** Numbers are not used again, also not those of versions that are gone. */
  next: z.int().min(1),
  /** The one that is handed out, whatever comes later; without it, the newest. */
  chosen: z.int().min(1).exactOptional(),
  /** How often the machine's token was made invalid. */
  tokensRevoked: z.int().min(0).exactOptional(),
  /** Oldest first. */
  versions: z.array(version).max(10_000),
});

export type Version = Readonly<z.infer<typeof version>>;
export type History = Readonly<Omit<z.infer<typeof historySchema>, "versions">> & {
  readonly versions: readonly Version[];
};

export const noHistory: History = { format: 1, next: 1, versions: [] };

/** How many versions are kept: the last ones, and the newest of each of so many days and weeks that have any. */
export interface Retention {
  last: number;
  daily: number;
  weekly: number;
}

/** What a site says of its machines' states. */
export interface StatePolicy {
  handOut: "newest" | "chosen";
  largestBytes: number;
  keep: Retention;
}

export const usualRetention: Retention = { last: 20, daily: 14, weekly: 8 };

/** Takes in what came. The same as the newest is no new version: a machine may commit every hour and change once a year. */
export function added(
  history: History,
  came: Omit<Version, "number">,
): { history: History; version: Version; isNew: boolean } {
  const newest = history.versions.at(-1);
  if (newest?.sha256 === came.sha256) return { history, version: newest, isNew: false };
  const version: Version = { number: history.next, ...came };
  return {
    history: { ...history, next: history.next + 1, versions: [...history.versions, version] },
    version,
    isNew: true,
  };
}

/** What the machine is handed when it boots: the chosen version, else the newest, where that is wanted. */
export function currentOf(
  { chosen, versions }: History,
  handOut: StatePolicy["handOut"] = "newest",
): Version | undefined {
  if (chosen !== undefined) return versions.find(({ number }) => number === chosen);
  return handOut === "newest" ? versions.at(-1) : undefined;
}

/** From now on this version is handed out; `newest` takes that back. */
export function withChoice(history: History, choice: number | "newest"): History {
  const { chosen: _, ...rest } = history;
  return choice === "newest" ? rest : { ...rest, chosen: choice };
}

/** Without the versions that are too many; what a machine is handed is always kept. */
export function retained(history: History, retention: Retention): History {
  const kept = keptOf(history.versions, retention);
  const current = currentOf(history);
  const versions = history.versions.filter((version) => kept.has(version) || version === current);
  return { ...history, versions };
}

/** Those of things with a time, oldest first, that are kept. Days and weeks are those of UTC. */
export function keptOf<Dated extends Readonly<{ at: string }>>(
  all: readonly Dated[],
  { last, daily, weekly }: Retention,
): Set<Dated> {
  const newestFirst = all.toReversed();
  const kept = new Set(newestFirst.slice(0, last));
  for (const [most, spanOf] of [[daily, dayOf] as const, [weekly, weekOf] as const]) {
    const spans = new Set<number>();
    for (const one of newestFirst) {
      const span = spanOf(one.at);
      if (spans.has(span)) continue;
      if (spans.size === most) break;
      spans.add(span);
      kept.add(one);
    }
  }
  return kept;
}

const dayMs = 86_400_000;
const dayOf = (at: string) => Math.floor(Date.parse(at) / dayMs);
/** 1970 began on a Thursday, weeks begin on Mondays. */
const weekOf = (at: string) => Math.floor((dayOf(at) + 3) / 7);
