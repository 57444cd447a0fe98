import { suggest } from "../core/nearest.ts";
import type { Setting, Word } from "./ipxe/words.ts";
import { wordProblem } from "./ipxe/words.ts";

/** A template is text with `{variable}` in it; `{{` and `}}` are braces that mean themselves. */
export type TemplatePiece = string | Readonly<{ variable: string }>;

/** One thing that is wrong with a template: `"{nmae}"` + says reads as a sentence. */
export type TemplateProblem = Readonly<{ in: string; says: string; hint?: string }>;

/** What a variable stands for: text, or a setting that iPXE knows when it boots. */
export type Value = string | Setting;

/** Where a template stands: the variables there are, and what they stand for. */
export interface Variables {
  readonly names: readonly string[];
  /** A value, a text of the site's own, or why there is neither; undefined for a name that is none of ours. */
  value(name: string): Value | Readonly<{ text: string } | { absent: string }> | undefined;
}

/** A template cut at its variables. */
export function parseTemplate(text: string): { pieces: TemplatePiece[]; problems: TemplateProblem[] } {
  const pieces: TemplatePiece[] = [];
  const problems: TemplateProblem[] = [];
  let plain = "";
  const token = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;
  let read = 0;
  for (const match of text.matchAll(token)) {
    plain += text.slice(read, match.index);
    read = match.index + match[0].length;
    const [whole, variable] = match;
    if (variable !== undefined) {
      if (plain.endsWith("$")) problems.push(dollar(whole));
      if (plain !== "") pieces.push(plain);
      plain = "";
      pieces.push({ variable });
    } else if (whole.length === 2) plain += whole[0];
    else problems.push({ in: whole, says: "is a brace without its other half", hint: doubled });
  }
  plain += text.slice(read);
  return { pieces: plain === "" ? pieces : [...pieces, plain], problems };
}

const doubled = "write {{ or }} for a brace that is meant as one";

function dollar(whole: string): TemplateProblem {
  return { in: `$${whole}`, says: "is iPXE's way to write it", hint: `write ${whole}, without the dollar` };
}

/**
 * The words of a template, its variables filled in. All problems are found at once; a word with one is left as it can
 * be. A text of the site's own (`{var.NAME}`) stands there as if it had been written there, as several words if it is.
 */
export function fillTemplate(
  template: string,
  variables: Variables,
): { words: Word[]; problems: TemplateProblem[] } {
  const { pieces, problems } = fillPieces(template, variables);
  const words: (string | Setting)[][] = [];
  let word: (string | Setting)[] | undefined;
  const begin = () => {
    word ??= words[words.push([]) - 1];
    return word;
  };
  for (const piece of pieces) {
    if (typeof piece !== "string") {
      begin()?.push(piece);
      continue;
    }
    for (const part of piece.split(/([ \t]+)/)) {
      if (part === "") continue;
      if (/^[ \t]/.test(part)) word = undefined;
      else begin()?.push(part);
    }
  }
  const filled = words.map(joined);
  return { words: filled, problems: [...problems, ...filled.flatMap(wordProblems)] };
}

/** Literal text and settings, for what is no command line; the site's own texts replaced by what they hold. */
export function fillPieces(
  template: string,
  variables: Variables,
  inside?: string,
): { pieces: (string | Setting)[]; problems: TemplateProblem[] } {
  const parsed = parseTemplate(template);
  const problems = [...parsed.problems];
  const pieces = parsed.pieces.flatMap((piece): (string | Setting)[] => {
    if (typeof piece === "string") return [piece];
    const { variable } = piece;
    const value = variables.value(variable);
    if (value === undefined) {
      problems.push(unknown(variable, variables.names));
      return [];
    }
    if (typeof value === "string" || "setting" in value) return [value];
    if ("absent" in value) {
      problems.push({ in: `{${variable}}`, says: value.absent });
      return [];
    }
    if (inside !== undefined) {
      const says = `is a text of the site inside another one, {${inside}}`;
      problems.push({ in: `{${variable}}`, says, hint: "write out what it holds" });
      return [];
    }
    const inner = fillPieces(value.text, variables, variable);
    problems.push(...inner.problems);
    return inner.pieces;
  });
  return { pieces, problems };
}

function unknown(variable: string, names: readonly string[]): TemplateProblem {
  if (!/^[A-Za-z][\w.:-]*$/.test(variable)) {
    return { in: `{${variable}}`, says: "is no variable", hint: doubled };
  }
  return { in: `{${variable}}`, says: "is no variable we know", hint: suggest(variable, names) };
}

/** Text that came together from pieces is one piece, and a word of text alone is text. */
function joined(pieces: readonly (string | Setting)[]): Word {
  const merged: (string | Setting)[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (typeof piece === "string" && typeof last === "string") merged[merged.length - 1] = last + piece;
    else merged.push(piece);
  }
  const [only] = merged;
  return merged.length === 1 && typeof only === "string" ? only : merged;
}

/** What iPXE would not pass on as it is meant. */
function wordProblems(word: Word): TemplateProblem[] {
  if (typeof word === "string") {
    const problem = wordProblem(word);
    return problem === undefined ? [] : [{ in: word, says: problem }];
  }
  const shape = word.map((piece) => (typeof piece === "string" ? piece : "x")).join("");
  const literal = word.filter((piece) => typeof piece === "string");
  const problem = literal.some((text) => text.includes("${")) ? wordProblem("${") : wordProblem(shape);
  return problem === undefined ? [] : [{ in: shownWord(word), says: problem }];
}

const shownWord = (word: readonly (string | Setting)[]): string =>
  word.map((piece) => (typeof piece === "string" ? piece : `{${piece.setting}}`)).join("");
