import { distance } from "fastest-levenshtein";

/** The known names someone may have meant: at most three that are equally near, and none that is mostly another word. */
export function nearest(name: string, known: Iterable<string>): string[] {
  const wanted = name.toLowerCase();
  const near = [...known]
    .map((candidate) => ({ candidate, apart: howFar(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, apart }) => apart <= Math.max(2, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.apart - b.apart || a.candidate.localeCompare(b.candidate));
  return near
    .filter(({ apart }) => apart === near[0]?.apart)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** "did you mean `boot`?", or what there is when nothing is near. */
export function suggest(name: string, known: Iterable<string>): string {
  const all = [...known];
  const quoted = (names: readonly string[]) => names.map((each) => `\`${each}\``);
  const close = quoted(nearest(name, all));
  if (close.length > 0) return `did you mean ${close.join(" or ")}?`;
  return all.length === 0 ? "there is none to choose from" : `there is ${quoted(all).join(", ")}`;
}

function howFar(wanted: string, candidate: string): number {
  // Half a name is how people abbreviate: `--mach` is nearer to `--machine` than its edit distance says.
  if (wanted.length >= 2 && candidate.startsWith(wanted)) return 1;
  // So is a slip of the fingers: `nmae` holds all of `name`.
  if (wanted !== candidate && lettersOf(wanted) === lettersOf(candidate)) return 1;
  return distance(wanted, candidate);
}

const lettersOf = (word: string): string => [...word].toSorted().join("");
