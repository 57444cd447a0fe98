/** The first process inside the lab's namespaces: their init. Started by `runInNamespace`, never by a person. */

import { run } from "../core/child.ts";
import { formatError } from "../core/errors.ts";
import { flushed } from "../core/flushed.ts";
import type { Inside } from "./namespace.ts";
import type { Answered } from "./outside.ts";
import { OutsideRelay } from "./outside.ts";

const [module] = process.argv.slice(2);
if (module === undefined || process.send === undefined) throw new Error("started by runInNamespace only");

const stopping = new AbortController();
// The terminal's signals go to the process outside, which tells us; as an init we would not get them by default either.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
// Whoever reads our output may leave (`| head`): nobody wants the boot any more.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stopping.abort());
process.on("uncaughtException", (error) => void end(1, error));
process.on("disconnect", () => process.exit(1));
const outside = new OutsideRelay((asked) => void process.send?.(asked));
process.on("message", (message: { type: "job"; job: unknown } | { type: "stop" } | Answered) => {
  if (message.type === "stop") stopping.abort();
  else if (message.type === "answer") outside.answered(message);
  else void main(message.job).then((code) => end(code));
});

/** A private /dev/shm holds sockets and scratch files: it is gone with the namespace, whatever ends it. */
async function main(job: unknown): Promise<number> {
  try {
    await run("mount", ["-t", "tmpfs", "-o", "mode=0700", "dryboot", "/dev/shm"]);
    await run("ip", ["link", "set", "lo", "up"]);
    await outside.listen();
    const { inside } = (await import(String(module))) as Inside<unknown>;
    return await inside(job, stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) return 130;
    await end(1, error);
    return 1;
  }
}

/** Ends the init, and with it everything in its namespaces, once the last words are out. */
async function end(code: number, error?: unknown): Promise<void> {
  if (error !== undefined) process.stderr.write(`${formatError(error)}\n`);
  await flushed(process.stdout, process.stderr);
  process.exit(code);
}

process.send("ready");
