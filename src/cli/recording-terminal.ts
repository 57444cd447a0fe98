import { stripVTControlCharacters } from "node:util";
import type { Terminal } from "./terminal.ts";

/** A terminal for tests: it keeps what was written, without colours. */
export function recordingTerminal(): Terminal & { readonly stdout: string[]; readonly stderr: string[] } {
  const stdout: string[] = [];
  const stderr: string[] = [];
  return {
    stdout,
    stderr,
    isTTY: false,
    columns: 100,
    out: (line) => void stdout.push(stripVTControlCharacters(line)),
    err: (line) => void stderr.push(stripVTControlCharacters(line)),
    live: () => {},
  };
}
