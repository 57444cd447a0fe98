import { execa } from "execa";
import { DrybootError } from "./errors.ts";

export interface RunOptions {
  signal?: AbortSignal;
  cwd?: string;
  /** Added to this process's environment. */
  env?: Readonly<Record<string, string>>;
  input?: string | Uint8Array;
  timeoutMs?: number;
  /** Called with every line the command prints, of either stream. */
  onLine?: (line: string) => void;
  /** What to do when it fails; chosen by who knows why the command was run. */
  hint?: string;
}

/**
 * A command that the kernel kills when its parent dies, even by `kill -9` (`PR_SET_PDEATHSIG`, which Node cannot set).
 * Not for commands that change their own user: the kernel forgets the wish then.
 */
export function tied(file: string, args: readonly string[]): [string, string[]] {
  return ["setpriv", ["--pdeathsig", "KILL", "--", file, ...args]];
}

/** Runs a command to its end and returns what it wrote to standard output. Fails with its last words. */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const [command, commandArgs] = tied(file, args);
  const child = execa(command, commandArgs, {
    stdin: options.input === undefined ? "ignore" : "pipe",
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    env: { LC_ALL: "C.UTF-8", ...options.env },
    all: true,
    reject: false,
  });
  if (options.onLine) {
    for await (const line of child.iterable({ from: "all" })) options.onLine(String(line));
  }
  const result = await child;
  options.signal?.throwIfAborted();
  if (!result.failed) return result.stdout;
  const why = result.timedOut
    ? `did not end within ${options.timeoutMs} ms`
    : result.signal
      ? `was ended by ${result.signal}`
      : `ended with ${result.exitCode}`;
  const said = result.all.trim().split("\n").slice(-6).join("\n    ");
  throw new DrybootError(`\`${[file, ...args].join(" ")}\` ${why}${said ? `:\n    ${said}` : ""}`, {
    code: "COMMAND_FAILED",
    where: file,
    hint: options.hint ?? "read what the command said above",
  });
}
