import { isatty } from "node:tty";
import { DrybootError, formatError } from "../core/errors.ts";
import { flushed } from "../core/flushed.ts";
import type { CommandEntry } from "./commands.ts";
import { runProgram } from "./program.ts";
import { streamTerminal } from "./terminal.ts";

/** One Ctrl-C under `npm test` arrives twice: the terminal signals the whole group, and npm passes its own on. */
const sameKeypressMs = 300;
/** How long a forgotten handle may keep a finished program alive. */
const lingerMs = 2000;
const brokenPipeExitCode = 141; // 128 + SIGPIPE: what a program that does not ignore it ends with

/** The process around the program: its streams, its signals and its end. Nothing else touches `process`. */
export async function runAsProcess(commands: readonly CommandEntry[]): Promise<void> {
  const { NO_COLOR, TERM } = process.env;
  const terminal = streamTerminal(process.stdout, process.stderr, { colours: !NO_COLOR && TERM !== "dumb" });
  const stopping = new AbortController();
  let interruptedAt = Number.POSITIVE_INFINITY;
  let readerGone = false;
  let broken: DrybootError | undefined;

  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      // Only a second *Ctrl-C* is impatience: a closing terminal sends several hangups by itself.
      if (name === "SIGINT" && performance.now() - interruptedAt > sameKeypressMs) process.exit(130);
      if (name === "SIGHUP" && isTakenOver(terminal.isTTY)) return;
      if (stopping.signal.aborted) return;
      interruptedAt = performance.now();
      if (terminal.isTTY && name === "SIGINT") terminal.err("stopping (Ctrl-C again: at once)");
      stopping.abort();
    });
  }

  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      // EPIPE: `dryboot boot | head`. EIO: the window was closed. Nobody listens any more, so clean up and go.
      const gone = error.code === "EPIPE" || error.code === "EIO";
      if (!gone) broken ??= cannotWrite(error);
      readerGone ||= gone;
      stopping.abort();
    });
  }

  process.on("uncaughtException", (error) => {
    terminal.live([]);
    terminal.err(formatError(error));
    process.exit(1);
  });

  const code = await runProgram(process.argv.slice(2), commands, terminal, stopping.signal);
  if (broken) terminal.err(formatError(broken));
  process.exitCode = readerGone ? brokenPipeExitCode : broken ? 1 : code;
  await flushed(process.stdout, process.stderr);
  setTimeout(() => process.exit(), lingerMs).unref();
}

/** A command that listens for hangups itself (`serve` reloads) is not stopped by one, unless its terminal is gone. */
function isTakenOver(hadTerminal: boolean): boolean {
  const terminalClosed = hadTerminal && !isatty(process.stdout.fd);
  return process.listenerCount("SIGHUP") > 1 && !terminalClosed;
}

/** Standard output is a file on a full disk, usually. */
function cannotWrite(cause: NodeJS.ErrnoException): DrybootError {
  return new DrybootError("the output cannot be written", {
    code: "OUTPUT_NOT_WRITTEN",
    where: "standard output",
    hint: cause.code === "ENOSPC" ? "the disk is full: make room" : "write it somewhere else",
    cause,
  });
}
