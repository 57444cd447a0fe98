import type { IncomingHttpHeaders } from "node:http";

/** What tells one version of a file from another. `etag` is as in the header, quotes and all. */
export type Validators = Readonly<{ etag?: string; lastModifiedMs?: number }>;

/** Evaluates the preconditions of a GET or HEAD in the order of RFC 9110 §13.2.2. */
export function precondition(headers: IncomingHttpHeaders, validators: Validators): "proceed" | 304 | 412 {
  const ifMatch = headers["if-match"];
  const ifUnmodifiedSince = parseDate(headers["if-unmodified-since"]);
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, validators.etag, "strong")) return 412;
  } else if (ifUnmodifiedSince !== undefined && isNewer(validators, ifUnmodifiedSince)) {
    return 412;
  }
  const ifNoneMatch = headers["if-none-match"];
  const ifModifiedSince = parseDate(headers["if-modified-since"]);
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, validators.etag, "weak") ? 304 : "proceed";
  if (ifModifiedSince === undefined || validators.lastModifiedMs === undefined) return "proceed";
  return isNewer(validators, ifModifiedSince) ? "proceed" : 304;
}

/**
 * Whether a `Range` still applies (RFC 9110 §13.1.5). A date proves it only if the file had been left alone for a
 * second when that date was given out (§8.8.2.2).
 */
export function rangeApplies(headers: IncomingHttpHeaders, validators: Validators, nowMs: number): boolean {
  const condition = headers["if-range"];
  if (typeof condition !== "string") return true;
  if (/^(W\/)?"/.test(condition)) return matches(condition, validators.etag, "strong");
  const date = parseDate(condition);
  const { lastModifiedMs } = validators;
  if (date === undefined || lastModifiedMs === undefined) return false;
  return date === wholeSeconds(lastModifiedMs) && nowMs - lastModifiedMs >= 1000;
}

/** RFC 9110 §8.8.3.2: strong comparison takes no weak tag on either side, weak comparison only looks at what is quoted. */
function matches(list: string, etag: string | undefined, comparison: "strong" | "weak"): boolean {
  if (list.trim() === "*") return true; // "any version": there is one, or we would not be asked
  if (etag === undefined || (comparison === "strong" && etag.startsWith("W/"))) return false;
  const opaque = etag.replace(/^W\//, "");
  return [...list.matchAll(/(W\/)?("[^"]*")/g)].some(
    ([, weak, tag]) => tag === opaque && (comparison === "weak" || weak === undefined),
  );
}

const isNewer = ({ lastModifiedMs }: Validators, dateMs: number) =>
  lastModifiedMs !== undefined && wholeSeconds(lastModifiedMs) > dateMs;

/** HTTP dates have no fractions. */
const wholeSeconds = (ms: number) => Math.floor(ms / 1000) * 1000;

/** The three forms of RFC 9110 §5.6.7, all in GMT; a date that is none of them is as if it were not there (§13.1.3). */
function parseDate(text: string | undefined): number | undefined {
  if (text === undefined || !/^[A-Z][a-z]+,? /.test(text)) return undefined;
  const ms = Date.parse(text.endsWith(" GMT") ? text : `${text} GMT`);
  return Number.isNaN(ms) ? undefined : ms;
}
