import { once } from "node:events";
import { lastLines } from "../lab/console.ts";
import type { Machine } from "../lab/machine.ts";
import type { Terminal } from "./terminal.ts";

/** Ctrl-], as in telnet: no guest wants it. */
const leaveKey = "\x1d";

/** Joins this terminal to the machine's serial console until Ctrl-]; without a terminal, keeps it running until stopped. */
export async function attachConsole(
  machine: Machine,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY) {
    terminal.err(`${machine.name} keeps running; Ctrl-C, or a signal, ends it`);
    if (!signal.aborted) await once(signal, "abort");
    signal.throwIfAborted();
  }
  terminal.out(`\nconsole of ${machine.name}; Ctrl-] ends it and the machine`);
  stdout.write(lastLines(machine.console.text, 1).join(""));
  const left = Promise.withResolvers<void>();
  using _output = machine.console.follow(({ bytes }) => stdout.write(Buffer.from(bytes, "latin1")));
  const onInput = (data: Buffer) => {
    const keys = data.toString("latin1");
    if (keys.includes(leaveKey)) left.resolve();
    else machine.console.write(keys);
  };
  stdin.setRawMode(true);
  stdin.on("data", onInput);
  signal.addEventListener("abort", () => left.resolve(), { once: true });
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
