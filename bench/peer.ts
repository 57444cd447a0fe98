import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { run, tied } from "../src/core/child.ts";
import { DrybootError } from "../src/core/errors.ts";

const startMs = 5000;
const stopMs = 2000;

/** Somebody else's server, running in the foreground. */
export interface Peer extends AsyncDisposable {
  readonly pid: number;
}

/**
 * Starts a server of another project; resolves when it says `sign`, which it must say after its sockets are bound. What
 * it says is kept in `log`. It dies with us, whatever ends us.
 */
export async function startPeer(
  command: readonly string[],
  options: { sign: RegExp; log: string; signal: AbortSignal },
): Promise<Peer> {
  const { signal } = options;
  signal.throwIfAborted();
  const [name = "", ...args] = command;
  const [file, tiedArgs] = tied(name, args);
  // Debian keeps servers in sbin, which an ordinary user's path lacks.
  const env = { ...process.env, LC_ALL: "C.UTF-8", PATH: `${process.env["PATH"]}:/usr/local/sbin:/usr/sbin` };
  const child = spawn(file, tiedArgs, { stdio: ["ignore", "pipe", "pipe"], env });
  const log = createWriteStream(options.log);
  log.on("error", () => {}); // a full disk costs us the log, not the boot
  const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
  let said = "";
  const hear = (data: Buffer) => {
    log.write(data);
    said = (said + data.toString()).slice(-8192);
    if (options.sign.test(said)) resolve();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const ended = once(child, "close").catch(reject);
  void ended.then(() => {
    log.end();
    reject(notStarted(name, "ended before it was ready", said));
  });
  const timer = setTimeout(
    () => reject(notStarted(name, `was not ready within ${startMs} ms`, said)),
    startMs,
  );
  const onAbort = () => reject(signal.reason as Error);
  signal.addEventListener("abort", onAbort);
  try {
    await ready;
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
  return {
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await Promise.race([ended, sleep(stopMs, undefined, { ref: false })]);
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The first line in which a program names its version. */
export async function versionOf(file: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const lines: string[] = [];
  const env = { PATH: `${process.env["PATH"]}:/usr/local/sbin:/usr/sbin` };
  await run(file, args, { signal, timeoutMs: 5000, env, onLine: (line) => void lines.push(line) });
  return /\d+\.\d+[\w.-]*/.exec(lines[0] ?? "")?.[0] ?? "unknown";
}

function notStarted(name: string, what: string, said: string): DrybootError {
  return new DrybootError(`${name} ${what}`, {
    code: "PEER_NOT_STARTED",
    where: name,
    evidence: said.trim().split("\n").slice(-4),
    hint: "read its words above; its configuration stands in the boot's folder",
  });
}
