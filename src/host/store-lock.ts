import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { storeFailure } from "./store-failure.ts";

/**
 * Waits until no other process holds `file`, then holds it until disposed. Node has no flock(2), so `flock` holds it for
 * us and lets go when its standard input ends: the lock is gone with this process, however it dies, and there is no
 * stale lock to clean up.
 */
export async function lockStore(
  file: string,
  options: { signal?: AbortSignal; onWait?: () => void } = {},
): Promise<AsyncDisposable> {
  await mkdir(dirname(file), { recursive: true }).catch((cause: unknown) => {
    throw storeFailure(dirname(file), cause);
  });
  options.signal?.throwIfAborted();
  const holder = spawn("flock", ["--exclusive", "--no-fork", file, "sh", "-c", "echo held; exec cat"], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true, // Ctrl-C reaches the whole foreground group; the lock must outlive our own stopping
  });
  holder.stdin.on("error", () => undefined); // it was ended by someone else: the lock is gone either way
  let said = "";
  holder.stderr.on("data", (chunk) => {
    said += String(chunk);
  });
  const ended = Promise.race([
    once(holder, "close"),
    once(holder, "error").then(([error]) => {
      said = String(error);
    }),
  ]);
  const stop = () => holder.kill();
  options.signal?.addEventListener("abort", stop);
  const waiting = setTimeout(() => options.onWait?.(), 200);
  try {
    const held = await Promise.race([once(holder.stdout, "data").then(() => true), ended.then(() => false)]);
    options.signal?.throwIfAborted();
    if (!held) throw cannotLock(file, said);
  } finally {
    clearTimeout(waiting);
    options.signal?.removeEventListener("abort", stop);
  }
  return {
    async [Symbol.asyncDispose]() {
      holder.stdin.end();
      await ended;
    },
  };
}

function cannotLock(file: string, said: string): DrybootError {
  return new DrybootError(`cannot lock ${file}`, {
    code: "STORE_NOT_WRITABLE",
    where: file,
    hint: "the store must be yours to write (DRYBOOT_STORE names another folder) and `flock` of util-linux be installed",
    cause: new Error(said.trim() || "flock ended"),
  });
}
