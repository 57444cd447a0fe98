import { lastLines } from "../lab/console.ts";
import type { Machine } from "../lab/machine.ts";
import type { Terminal } from "./terminal.ts";

/** Ctrl-], as in telnet: no guest wants it. */
const leaveKey = "\x1d";

/**
 * Joins this terminal to the machine's serial console until Ctrl-] or the machine's end; without a terminal, or when its
 * output is for a program (`quiet`), only keeps it running until stopped.
 */
export async function attachConsole(
  machine: Machine,
  terminal: Terminal,
  signal: AbortSignal,
  { quiet }: { quiet: boolean },
): Promise<void> {
  const { stdin, stdout } = process;
  const left = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => left.resolve(), { once: true });
  if (signal.aborted) left.resolve();
  void machine.exited.then(left.resolve);
  if (quiet || !stdin.isTTY) {
    terminal.err(`${machine.name} keeps running; Ctrl-C, or a signal, ends it`);
    await left.promise;
    signal.throwIfAborted();
    return;
  }
  terminal.out(`\nconsole of ${machine.name}; Ctrl-] ends it and the machine`);
  stdout.write(lastLines(machine.console.text, 1).join(""));
  using _output = machine.console.follow(({ bytes }) => stdout.write(Buffer.from(bytes, "latin1")));
  const onInput = (data: Buffer) => {
    const keys = data.toString("latin1");
    if (keys.includes(leaveKey)) left.resolve();
    else machine.console.write(keys);
  };
  stdin.setRawMode(true);
  stdin.on("data", onInput);
  try {
    await left.promise;
  } finally {
    stdin.off("data", onInput);
    stdin.setRawMode(false);
    stdin.pause();
    stdout.write("\n");
  }
  signal.throwIfAborted();
}
