/** The first process inside the lab's namespaces: their init. Started by `runInNamespace`, never by a person. */

import { run } from "../core/child.ts";
import { formatError } from "../core/errors.ts";
import type { Inside } from "./namespace.ts";

const [module] = process.argv.slice(2);
if (module === undefined || process.send === undefined) throw new Error("started by runInNamespace only");

const stopping = new AbortController();
// The terminal's signals go to the process outside, which tells us; as an init we would not get them by default either.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
// Whoever reads our output may leave (`| head`): that ends the writing, not the boot.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
process.on("disconnect", () => process.exit(1));
process.on("message", (message: { type: "job"; job: unknown } | { type: "stop" }) => {
  if (message.type === "stop") stopping.abort();
  else void main(message.job).then((code) => process.exit(code));
});

/** A private /dev/shm holds sockets and scratch files: it is gone with the namespace, whatever ends it. */
async function main(job: unknown): Promise<number> {
  try {
    await run("mount", ["-t", "tmpfs", "-o", "mode=0700", "dryboot", "/dev/shm"]);
    await run("ip", ["link", "set", "lo", "up"]);
    const { inside } = (await import(String(module))) as Inside<unknown>;
    return await inside(job, stopping.signal);
  } catch (error) {
    if (stopping.signal.aborted) return 130;
    process.stderr.write(`${formatError(error)}\n`);
    return 1;
  }
}

process.send("ready");
