import type * as z from "zod";
import { flagsOf, parseFlags } from "../src/cli/flags.ts";
import { table } from "../src/cli/table.ts";
import type { Terminal } from "../src/cli/terminal.ts";
import { streamTerminal } from "../src/cli/terminal.ts";
import { DrybootError, formatError } from "../src/core/errors.ts";

export interface Bench<Flags extends z.ZodRawShape> {
  /** As it is started: `bench/boot.ts`. */
  file: string;
  summary: string;
  flags: z.ZodObject<Flags>;
  run(flags: z.infer<z.ZodObject<Flags>>, terminal: Terminal, signal: AbortSignal): Promise<number>;
}

/** A benchmark as a program: its flags, its signals, its exit code. */
export async function runBench<Flags extends z.ZodRawShape>(bench: Bench<Flags>): Promise<void> {
  const { NO_COLOR, TERM } = process.env;
  const terminal = streamTerminal(process.stdout, process.stderr, { colours: !NO_COLOR && TERM !== "dumb" });
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stopping.abort());
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stopping.abort());
  try {
    const parsed = parseFlags(
      bench.flags as unknown as z.ZodObject<z.ZodRawShape>,
      process.argv.slice(2),
      bench.file,
    );
    if (parsed.help) {
      terminal.out(usage(bench));
      return;
    }
    const flags = parsed.flags as z.infer<z.ZodObject<Flags>>;
    process.exitCode = await bench.run(flags, terminal, stopping.signal);
  } catch (error) {
    terminal.live([]);
    if (!stopping.signal.aborted) terminal.err(formatError(error));
    process.exitCode = stopping.signal.aborted ? 130 : error instanceof DrybootError ? error.exitCode : 1;
  }
}

function usage<Flags extends z.ZodRawShape>({ file, summary, flags }: Bench<Flags>): string {
  const rows = flagsOf(flags as unknown as z.ZodObject<z.ZodRawShape>).map((flag) => [
    `--${flag.name} ${flag.placeholder}`.trimEnd(),
    flag.defaultValue === undefined
      ? flag.description
      : `${flag.description} (default: ${flag.defaultValue})`,
  ]);
  return [summary, "", `Usage: node ${file} [flags]`, "", ...table(rows, { indent: "  " })].join("\n");
}
