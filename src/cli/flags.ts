import { parseArgs } from "node:util";
import * as z from "zod";
import { DrybootError } from "../core/errors.ts";
import { nearest, suggest } from "../core/nearest.ts";

/** What the command line needs to know of one flag, read from its schema. */
export interface Flag {
  /** As typed, without the dashes: `dry-run`. */
  readonly name: string;
  /** One letter that means the same: `o`. */
  readonly short?: string;
  /** As the program says it: `dryRun`. */
  readonly key: string;
  readonly kind: "boolean" | "number" | "string";
  readonly repeatable: boolean;
  readonly required: boolean;
  readonly defaultValue: unknown;
  readonly description: string;
  /** The only values there are; empty when anything goes. */
  readonly choices: readonly string[];
  /** What stands for the value in help: `N`, `bios-pxe|uefi-pxe`; empty for a switch. */
  readonly placeholder: string;
}

export type FlagSchema = z.ZodObject<z.ZodRawShape>;

/** The flags of a schema, in the order they were written. */
export function flagsOf(schema: FlagSchema): Flag[] {
  return Object.entries(schema.shape).map(([key, field]) => flagOf(key, field as z.ZodType));
}

function flagOf(key: string, field: z.ZodType): Flag {
  let leaf = field;
  let meta: z.GlobalMeta = {};
  let repeatable = false;
  for (;;) {
    meta = { ...leaf.meta(), ...meta }; // the outermost word wins
    if (leaf instanceof z.ZodArray) repeatable = true;
    const inner = innerOf(leaf);
    if (inner === undefined) break;
    leaf = inner;
  }
  const kind = leaf instanceof z.ZodBoolean ? "boolean" : leaf instanceof z.ZodNumber ? "number" : "string";
  const whenAbsent = field.safeParse(undefined);
  const { short } = meta; // `.meta({ short: "o" })`
  return {
    ...(typeof short === "string" ? { short } : {}),
    name: key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    key,
    kind,
    repeatable,
    required: !whenAbsent.success,
    defaultValue: whenAbsent.data,
    description: meta.description ?? "",
    choices: leaf instanceof z.ZodEnum ? leaf.options.map(String) : [],
    placeholder: kind === "boolean" ? "" : placeholderOf(leaf, meta),
  };
}

/** What a wrapper wraps: the command line sees through defaults, optionals, lists and transformations. */
function innerOf(schema: z.ZodType): z.ZodType | undefined {
  if (schema instanceof z.ZodPipe) return schema.def.in as z.ZodType;
  if (schema instanceof z.ZodArray) return schema.def.element as z.ZodType;
  if (
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodReadonly
  ) {
    return schema.def.innerType as z.ZodType;
  }
  return undefined;
}

function placeholderOf(leaf: z.ZodType, meta: z.GlobalMeta): string {
  const named = meta["placeholder"]; // `.meta({ placeholder: "NAME" })`
  if (typeof named === "string") return named;
  if (leaf instanceof z.ZodEnum) return leaf.options.join("|");
  return leaf instanceof z.ZodNumber ? "N" : "TEXT";
}

/** Flags and positionals of a command line, checked. `help` is true when it was asked for, and then nothing is. */
export function parseFlags<Schema extends FlagSchema>(
  schema: Schema,
  argv: readonly string[],
  where: string,
): { help: true } | { help: false; flags: z.infer<Schema>; positionals: string[] } {
  const flags = flagsOf(schema);
  // Not strict: its complaints name no neighbours. The tokens say everything needed to complain ourselves.
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h" },
      ...Object.fromEntries(
        flags.map((flag) => [
          flag.name,
          {
            type: flag.kind === "boolean" ? "boolean" : "string",
            multiple: flag.repeatable,
            ...(flag.short === undefined ? {} : { short: flag.short }),
          } as const,
        ]),
      ),
    },
  });
  if (tokens.some((token) => token.kind === "option" && token.name === "help")) return { help: true };

  const values: Record<string, unknown> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const [flag, value] = readOption(token, flags, where);
    const before = values[flag.key];
    values[flag.key] = flag.repeatable ? [...(Array.isArray(before) ? before : []), value] : value;
  }
  const parsed = schema.safeParse(values);
  if (!parsed.success) throw wrongValue(parsed.error, flags, values, where);
  return { help: false, flags: parsed.data as z.infer<Schema>, positionals };
}

type OptionToken = {
  name: string;
  rawName: string;
  value?: string | undefined;
  inlineValue?: boolean | undefined;
};

function readOption(token: OptionToken, flags: readonly Flag[], where: string): [Flag, unknown] {
  const flag = flags.find((each) => each.name === token.name);
  if (flag !== undefined)
    return [flag, flag.kind === "boolean" ? readSwitch(flag, token, where) : readValue(flag, token, where)];
  const negated = flags.find((each) => each.kind === "boolean" && `no-${each.name}` === token.name);
  if (negated !== undefined && token.value === undefined) return [negated, false];
  const known = [...flags.map((each) => `--${each.name}`), "--help"];
  throw usageError(`there is no flag \`${token.rawName}\``, where, suggest(token.rawName, known));
}

function readSwitch(flag: Flag, token: OptionToken, where: string): true {
  if (token.value === undefined) return true;
  const hint = `write \`--${flag.name}\` or \`--no-${flag.name}\``;
  throw usageError(`\`--${flag.name}\` takes no value`, where, hint);
}

function readValue(flag: Flag, { value, inlineValue }: OptionToken, where: string): string | number {
  // `--image --json` is a forgotten value more often than an image called "--json".
  const looksLikeFlag = inlineValue === false && value !== undefined && /^-./.test(value);
  if (value === undefined || (looksLikeFlag && !isNegativeNumber(flag, value))) {
    const example = looksLikeFlag ? `--${flag.name}=${value}` : `--${flag.name} ${flag.placeholder}`;
    throw usageError(`\`--${flag.name}\` needs a value`, where, `write \`${example}\``);
  }
  if (flag.kind !== "number") return value;
  const number = value.trim() === "" ? Number.NaN : Number(value); // Number("") is 0
  if (!Number.isNaN(number)) return number;
  throw usageError(`\`--${flag.name} ${value}\`: not a number`, where, valueHint(flag, value));
}

function isNegativeNumber(flag: Flag, value: string): boolean {
  return flag.kind === "number" && /^-[\d.]+$/.test(value);
}

function wrongValue(
  error: z.ZodError,
  flags: readonly Flag[],
  values: Readonly<Record<string, unknown>>,
  where: string,
): DrybootError {
  const [issue] = error.issues;
  const flag = flags.find((each) => each.key === issue?.path[0]);
  if (issue === undefined || flag === undefined)
    return usageError(z.prettifyError(error), where, "see --help");
  if (values[flag.key] === undefined) {
    return usageError(`\`--${flag.name}\` is required`, where, `add \`--${flag.name} ${flag.placeholder}\``);
  }
  const given = String(issue.path.length > 1 ? issue.input : values[flag.key]);
  const problem =
    flag.choices.length > 0
      ? `not one of ${flag.choices.join(", ")}`
      : issue.message.replace(/^Invalid input: /, "").replace(/^[A-Z]/, (letter) => letter.toLowerCase());
  return usageError(`\`--${flag.name} ${given}\`: ${problem}`, where, valueHint(flag, given));
}

function valueHint(flag: Flag, given: string): string {
  const close = nearest(given, flag.choices);
  if (close.length > 0) return `did you mean \`${close.join("` or `")}\`?`;
  return flag.description || `write \`--${flag.name} ${flag.placeholder}\``;
}

/** The command line was wrong: exit 2. */
export function usageError(what: string, where: string, hint: string): DrybootError {
  return new DrybootError(what, { code: "USAGE", where, hint, exitCode: 2 });
}
