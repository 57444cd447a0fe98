import type { Grammar } from "./commands.ts";
import { commands } from "./commands.ts";

/**
 * A script as iPXE reads it, whoever wrote it: lines of words, put together by operators. See `words.ts` for how a line
 * is read; tried with iPXE 1.0.0 and 2.0.0 under QEMU: what follows a label on its line is run as a command.
 */
export type ScriptLine = Readonly<{
  /** Of the file, the first is 1; a line that is continued counts where it begins. */
  number: number;
  label?: string;
  commands: readonly Invocation[];
  /** From its `#` on. */
  comment?: string;
}>;

export type Operator = "||" | "&&" | ";";

/** One command of a line, and the operator in front of it. An empty one has no words: it always works. */
export type Invocation = Readonly<{ operator?: Operator; words: readonly string[] }>;

export type ParsedScript = Readonly<{ magic: boolean; lines: readonly ScriptLine[] }>;

/** Reads any text; what is wrong with it is for others to say. */
export function parseScript(text: string): ParsedScript {
  const lines: ScriptLine[] = [];
  const physical = text.replaceAll("\r\n", "\n").split("\n");
  const [first = ""] = physical;
  const magic = /^#!(i|g)pxe(\s|$)/.test(first);
  for (let at = magic ? 1 : 0; at < physical.length; at += 1) {
    const number = at + 1;
    let line = physical[at] ?? "";
    while (line.endsWith("\\") && at + 1 < physical.length) {
      at += 1;
      line = line.slice(0, -1) + (physical[at] ?? "");
    }
    if (line.endsWith("\\")) line = line.slice(0, -1); // nothing is left to go on with
    const parsed = parseLine(line, number);
    if (parsed) lines.push(parsed);
  }
  return { magic, lines };
}

function parseLine(line: string, number: number): ScriptLine | undefined {
  const words = line.split(/[ \t\v\f\r]+/).filter((word) => word !== "");
  const hash = words.findIndex((word) => word.startsWith("#"));
  const read = hash === -1 ? words : words.slice(0, hash);
  const comment = hash === -1 ? {} : { comment: words.slice(hash).join(" ") };
  const [first] = read;
  const label = line.startsWith(":") && first !== undefined ? { label: first.slice(1) } : {};
  const rest = "label" in label ? read.slice(1) : read;
  const found = commandsIn(rest);
  if (words.length === 0) return undefined;
  return { number, ...label, commands: found, ...comment };
}

function commandsIn(words: readonly string[]): Invocation[] {
  if (words.length === 0) return [];
  const found: { operator?: Operator; words: string[] }[] = [{ words: [] }];
  for (const word of words) {
    if (word === "||" || word === "&&" || word === ";") found.push({ operator: word, words: [] });
    else found.at(-1)?.words.push(word);
  }
  return found;
}

/** The script in one spelling: single blanks, no continued lines, no empty ones. */
export function printParsed({ magic, lines }: ParsedScript): string {
  const text = lines
    .map(({ label, commands: all, comment }) =>
      [
        ...(label === undefined ? [] : [`:${label}`]),
        ...all.flatMap(({ operator, words }) => [...(operator === undefined ? [] : [operator]), ...words]),
        ...(comment === undefined ? [] : [comment]),
      ].join(" "),
    )
    .map((line) => (line.endsWith("\\") ? `${line} ` : line)); // a backslash at the very end would join the next line
  return `${[...(magic ? ["#!ipxe"] : []), ...text].join("\n")}\n`;
}

/** One command with its options told from the rest, as iPXE tells them: up to the first word that is none. */
export type ReadCommand = Readonly<{
  name: string;
  grammar: Grammar;
  options: ReadonlyMap<string, string>;
  rest: readonly string[];
  /** What it does not know, or where a value is missing: each completes "`--x` ...". */
  problems: readonly Readonly<{ option: string; says: string }>[];
}>;

/** Undefined for a command that no iPXE has. */
export function readCommand([name = "", ...words]: readonly string[]): ReadCommand | undefined {
  const grammar = commands.get(name);
  if (grammar === undefined) return undefined;
  const options = new Map<string, string>();
  const problems: { option: string; says: string }[] = [];
  let at = 0;
  for (let word = words[at]; isOption(word); word = words[at]) {
    at += 1;
    if (word === "--") break;
    const given = optionIn(word, grammar);
    const behind = given?.option.takes === true && given.value === undefined;
    const value = behind ? words[at] : (given?.value ?? "");
    if (behind) at += 1;
    if (!given) problems.push({ option: word, says: `is no option of ${name}` });
    else if (value === undefined) problems.push({ option: word, says: "has no value behind it" });
    else options.set(given.option.name, value);
  }
  return { name, grammar, options, rest: words.slice(at), problems };
}

const isOption = (word: string | undefined): word is string => /^-./.test(word ?? "");

function optionIn(word: string, { options }: Grammar) {
  const long = /^--([^=]+)(?:=(.*))?$/.exec(word);
  if (long) {
    const option = options.find(({ name }) => name === long[1]);
    return option && { option, value: long[2] };
  }
  const option = options.find(({ letter }) => letter === word[1]);
  return option && { option, value: word.length > 2 ? word.slice(2) : undefined };
}

/** Names of the settings that a word refers to, those inside of other ones too; undefined where one is not closed. */
export function settingsIn(word: string): string[] | undefined {
  const names: string[] = [];
  const open: number[] = [];
  for (let at = 0; at < word.length; at += 1) {
    if (word.startsWith("${", at)) {
      open.push(at + 2);
      at += 1;
    } else if (word[at] === "}" && open.length > 0) {
      names.push(word.slice(open.pop(), at));
    }
  }
  return open.length > 0 ? undefined : names;
}
