import { DrybootError } from "../core/errors.ts";
import { formatPath } from "../core/place.ts";

/** One thing a person has to change in a site file. */
export interface Mistake {
  path: readonly PropertyKey[];
  /** A sentence behind the path: `machines[0].mac` + "is missing: expected text". */
  says: string;
  /** What to write instead, where it can be guessed. */
  hint?: string;
}

/** Line and column of a place, where the file is text: `12:5`. */
export type PlaceOf = (path: readonly PropertyKey[]) => string | undefined;

const nowhere: PlaceOf = () => undefined;

/** All mistakes of one file as one error, so that they are mended in one go. */
export function siteError(
  file: string,
  mistakes: readonly Mistake[],
  placeOf: PlaceOf = nowhere,
): DrybootError {
  const [only] = mistakes;
  const at = { code: "SITE_INVALID", where: file, exitCode: 2 } as const;
  if (only && mistakes.length === 1) {
    const place = placeOf(only.path);
    return new DrybootError(sentence(only), {
      ...at,
      where: place === undefined ? file : `${file}:${place}`,
      hint: only.hint ?? "change it in the site file and run again",
    });
  }
  const lines = mistakes.map((each) => {
    const place = placeOf(each.path);
    return `\n    ${place === undefined ? "" : `${place} `}${sentence(each)}${each.hint ? `; ${each.hint}` : ""}`;
  });
  return new DrybootError(`${mistakes.length} mistakes in the site:${lines.join("")}`, {
    ...at,
    hint: "change it in the site file and run again",
  });
}

function sentence({ path, says }: Mistake): string {
  return path.length === 0 ? `the site ${says}` : `\`${formatPath(path)}\` ${says}`;
}

/** A value as a person wrote it, short enough for a line. */
export function quoteValue(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
