import { createRequire } from "node:module";
import { stripVTControlCharacters } from "node:util";

// Its 40 ms are paid by the commands that show something live, not by `--help`.
const loadLogUpdate = () => createRequire(import.meta.url)("log-update") as typeof import("log-update");

/** Where a command writes. Nothing below `main.ts` knows the process's own streams. */
export interface Terminal {
  out(line: string): void;
  err(line: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
  /** Replaces the live block at the bottom; an empty list clears it. Does nothing when this is not a terminal. */
  live(lines: readonly string[]): void;
}

/** As much of `process.stdout` as is used. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Where the screen's width is not known: what most mail programs and CI logs show without folding. */
const defaultColumns = 100;

/**
 * The terminal of a pair of streams. Lines may be styled with `styleText` from anywhere: colours are taken out again
 * for a stream on which nobody would see them.
 */
export function streamTerminal(
  stdout: OutputStream,
  stderr: OutputStream,
  options: { colours: boolean },
): Terminal {
  const isTTY = stdout.isTTY === true;
  // Made on first use: it hides the cursor, which only a command with something to show should do.
  let update: (((text: string) => void) & { clear(): void; done(): void }) | undefined;
  let block: readonly string[] = [];

  function write(stream: OutputStream, line: string): void {
    const coloured = options.colours && stream.isTTY === true;
    // A line must not land in the middle of the live block: lift the block, print, put it back.
    if (block.length > 0) update?.clear();
    stream.write(`${coloured ? line : stripVTControlCharacters(line)}\n`);
    if (block.length > 0) update?.(block.join("\n"));
  }

  return {
    isTTY,
    // Asked for every time: windows are resized.
    get columns() {
      return stdout.columns ?? defaultColumns;
    },
    out: (line) => write(stdout, line),
    err: (line) => write(stderr, line),
    live(lines) {
      if (!isTTY) return;
      block = [...lines];
      if (block.length > 0) {
        update ??= loadLogUpdate().createLogUpdate(stdout);
        update(block.join("\n"));
      } else {
        update?.clear();
        update?.done(); // shows the cursor again
      }
    },
  };
}
