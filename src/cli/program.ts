import packageJson from "../../package.json" with { type: "json" };
import { DrybootError, formatError, isAbort } from "../core/errors.ts";
import { suggest } from "../core/nearest.ts";
import type { Command } from "./command.ts";
import type { CommandEntry } from "./commands.ts";
import { usageError } from "./flags.ts";
import { programUsage } from "./help.ts";
import type { Terminal } from "./terminal.ts";

const interruptedExitCode = 130; // 128 + SIGINT, as a shell reports it

/** The whole program but for the process it runs in: a command line in, an exit code out. Never throws. */
export async function runProgram(
  argv: readonly string[],
  commands: readonly CommandEntry[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  try {
    return await dispatch(argv, commands, terminal, signal);
  } catch (error) {
    terminal.live([]);
    if (!(signal.aborted && isAbort(error))) terminal.err(formatError(error));
    return signal.aborted ? interruptedExitCode : exitCodeOf(error);
  }
}

async function dispatch(
  argv: readonly string[],
  commands: readonly CommandEntry[],
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const [first, ...rest] = argv;
  switch (first) {
    case undefined:
      terminal.err(programUsage(commands)); // asked for nothing: that is a mistake, and help is the answer
      return 2;
    case "--version":
    case "-V":
      terminal.out(packageJson.version);
      return 0;
    case "--help":
    case "-h":
    case "help": {
      const [name] = rest;
      terminal.out(name === undefined ? programUsage(commands) : (await find(name, commands)).usage());
      return 0;
    }
    default:
      return await (await find(first, commands)).main(rest, terminal, signal);
  }
}

async function find(name: string, commands: readonly CommandEntry[]): Promise<Command> {
  const entry = commands.find((each) => each.name === name);
  if (entry !== undefined) return await entry.load();
  if (name.startsWith("-")) {
    const hint = `${suggest(name, ["--help", "--version"])}; a command's flags stand after its name`;
    throw usageError(`there is no flag \`${name}\` here`, "command line", hint);
  }
  const names = [...commands.map((each) => each.name), "help"];
  throw usageError(`there is no command \`${name}\``, "command line", suggest(name, names));
}

/** The code of the error that matters: when a body and its disposal both throw, the body's. */
function exitCodeOf(error: unknown): number {
  const first = error instanceof SuppressedError ? error.suppressed : error;
  return first instanceof DrybootError ? first.exitCode : 1;
}
