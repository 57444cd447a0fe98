import type * as z from "zod";
import type { FlagSchema } from "./flags.ts";
import { parseFlags, usageError } from "./flags.ts";
import { commandUsage } from "./help.ts";
import type { Terminal } from "./terminal.ts";

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** The full text of `--help`. */
  usage(): string;
  /** Obeys the signal, returns the exit code; an error a person can mend is thrown. */
  main(argv: readonly string[], terminal: Terminal, signal: AbortSignal): Promise<number>;
}

/** A word on the command line that is not a flag. `many` takes all that are left and stands last. */
export interface Positional {
  readonly name: string;
  readonly describe: string;
  readonly optional?: boolean;
  readonly many?: boolean;
}

/** One text per positional, a list for the last when it takes many. */
export type Args<Positionals extends readonly Positional[]> = {
  readonly [Arg in Positionals[number] as Arg["name"]]: Arg extends { many: true }
    ? readonly string[]
    : Arg extends { optional: true }
      ? string | undefined
      : string;
};

export interface CommandSpec<Flags extends z.ZodRawShape, Positionals extends readonly Positional[]> {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What `--help` says besides: paragraphs, examples, exit codes. */
  readonly details?: string;
  readonly positionals?: Positionals;
  /**
   * One flag per key: `dryRun: z.boolean().default(false).describe("...")` is `--dry-run`. Booleans are switches, arrays
   * may be repeated, numbers and enums are checked; `.meta({ placeholder: "NAME" })` names the value in help.
   */
  readonly flags: z.ZodObject<Flags>;
  run(
    options: { flags: z.infer<z.ZodObject<Flags>>; args: Args<Positionals> },
    terminal: Terminal,
    signal: AbortSignal,
  ): Promise<number>;
}

/** Turns the description of a command into the command: parsing and `--help` are both read from it. */
export function command<
  Flags extends z.ZodRawShape,
  const Positionals extends readonly Positional[] = readonly [],
>(spec: CommandSpec<Flags, Positionals>): Command {
  const where = `dryboot ${spec.name}`;
  const positionals: readonly Positional[] = spec.positionals ?? [];
  const schema = spec.flags as unknown as FlagSchema;
  const usage = () => commandUsage({ ...spec, positionals, flags: schema });
  return {
    name: spec.name,
    summary: spec.summary,
    usage,
    async main(argv, terminal, signal) {
      const parsed = parseFlags(schema, argv, where);
      if (parsed.help) {
        terminal.out(usage());
        return 0;
      }
      const flags = parsed.flags as z.infer<z.ZodObject<Flags>>;
      const args = assign(parsed.positionals, positionals, where) as Args<Positionals>;
      return await spec.run({ flags, args }, terminal, signal);
    },
  };
}

/** Gives each word its name. */
function assign(
  words: readonly string[],
  positionals: readonly Positional[],
  where: string,
): Record<string, string | readonly string[] | undefined> {
  const args: Record<string, string | readonly string[] | undefined> = {};
  let taken = 0;
  for (const { name, optional, many } of positionals) {
    const missing = words[taken] === undefined;
    if (missing && !optional)
      throw usageError(`${name.toUpperCase()} is missing`, where, `see \`${where} --help\``);
    args[name] = many ? words.slice(taken) : words[taken];
    taken = many ? words.length : taken + 1;
  }
  const [extra] = words.slice(taken);
  if (extra === undefined) return args;
  throw usageError(`\`${extra}\` is one word too many`, where, `see \`${where} --help\``);
}
