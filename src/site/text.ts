import type { Document, Node } from "yaml";
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { DrybootError } from "../core/errors.ts";

/** A site file that is text and no program, and where in it everything stands. */
export interface SiteText {
  value: unknown;
  /** `12:5`, line and column; of the nearest part that is there. */
  placeOf(path: readonly PropertyKey[]): string;
}

/** Reads JSON or YAML 1.2. A key that stands twice is a mistake in both: all but one would be dropped in silence. */
export function parseSiteText(text: string, format: "json" | "yaml", shown: string): SiteText {
  const json = format === "json" ? parseJson(text, shown) : undefined;
  const lines = new LineCounter();
  // JSON is YAML but for its tabs, and its own parser has judged those.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, version: "1.2" });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  const problems = [...document.errors, ...document.warnings]
    .filter(({ code }) => format === "yaml" || code === "DUPLICATE_KEY")
    .map(({ message, pos }) => ({ at: place(pos[0]), message: message.split("\n", 1)[0] ?? "" }));
  const [first, ...others] = problems;
  if (first) throw syntaxError(format, shown, first, others);
  const value = format === "json" ? json : valueIn(document, shown);
  return { value, placeOf: (path) => place(offsetOf(document, path)) };
}

function parseJson(text: string, shown: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new DrybootError(`the site file is not JSON: ${cause.message}`, {
      code: "SITE_SYNTAX",
      where: shown,
      hint: "correct that place; JSON has no comments and no comma after the last entry",
      exitCode: 2,
    });
  }
}

function valueIn(document: Document, shown: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw syntaxError("yaml", shown, { at: "1:1", message }, []);
  }
}

type Problem = Readonly<{ at: string; message: string }>;

function syntaxError(
  format: "json" | "yaml",
  shown: string,
  first: Problem,
  others: readonly Problem[],
): DrybootError {
  return new DrybootError(`the site file is not ${format.toUpperCase()} as it should be: ${first.message}`, {
    code: "SITE_SYNTAX",
    where: `${shown}:${first.at}`,
    evidence: others.slice(0, 5).map(({ at, message }) => `${at} ${message}`),
    hint: "correct that place",
    exitCode: 2,
  });
}

/** Where the key stands that a path ends with; of a path that leads nowhere, the last key that is there. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const key of path) {
    const part = partOf(isAlias(node) ? node.resolve(document) : node, key);
    if (!part) return offset;
    offset = startOf(part.key) ?? offset;
    node = part.value;
  }
  return offset;
}

/** One entry of a list or one pair of an object: what names it, and what it holds. */
function partOf(node: unknown, key: PropertyKey): { key: unknown; value: unknown } | undefined {
  if (isSeq(node)) {
    const value = node.items[Number(key)];
    return value === undefined ? undefined : { key: value, value };
  }
  if (!isMap(node)) return undefined;
  return node.items.find((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key) === String(key));
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? (node as Node).range?.[0] : undefined);
