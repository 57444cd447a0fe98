import { distance } from "fastest-levenshtein";

/** "did you mean `mac`?", or what there is when nothing is near. */
export function suggest(name: string, known: Iterable<string>): string {
  const all = [...known];
  const near = all
    .map((candidate) => ({ candidate, apart: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ candidate, apart }) => apart <= Math.floor((candidate.length + 2) / 3))
    .sort((a, b) => a.apart - b.apart || a.candidate.localeCompare(b.candidate))
    .slice(0, 3);
  const quoted = (names: readonly string[]) => names.map((each) => `\`${each}\``);
  if (near.length > 0) return `did you mean ${quoted(near.map(({ candidate }) => candidate)).join(" or ")}?`;
  return all.length === 0 ? "there is none to choose from" : `there is ${quoted(all).join(", ")}`;
}
