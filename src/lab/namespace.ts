import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { tied } from "../core/child.ts";
import { DrybootError } from "../core/errors.ts";
import { namespaceFlags } from "../host/namespaces.ts";
import { outsideAnswers } from "./lab-mirrors.ts";
import type { Answered, Asked } from "./outside.ts";

/** What a module that runs inside the lab's namespaces exports. It returns the exit code. */
export interface Inside<Job> {
  inside(job: Job, signal: AbortSignal): Promise<number>;
}

/**
 * Runs `inside(job)` of a module in fresh user, network, PID and mount namespaces, without needing root, and returns its
 * exit code. Our child is their init: when it dies, the kernel ends everything in them and takes bridge and taps away; and
 * it dies when we do (`tied`), even by `kill -9`. Aborting asks it to stop and leaves it `graceMs` to put things away.
 * What is said in there goes to our own output, or to `output`.
 */
export async function runInNamespace(
  module: string,
  job: unknown,
  options: { signal: AbortSignal; graceMs?: number; output?: (chunk: string) => void },
): Promise<number> {
  options.signal.throwIfAborted();
  const entry = join(import.meta.dirname, "namespace-init.ts");
  const [command, args] = tied("unshare", [...namespaceFlags, "--", process.execPath, entry, module]);
  // Its own session: Ctrl-C at the terminal reaches us alone, and we pass it on once.
  const spoken = options.output ? "pipe" : "inherit";
  const child = spawn(command, args, { stdio: ["inherit", spoken, spoken, "ipc"], detached: true });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => options.output?.(chunk));
  }
  // "close": all it said has been read by then.
  const ended = (
    once(child, options.output ? "close" : "exit") as Promise<[number | null, NodeJS.Signals | null]>
  ).catch((cause) => {
    throw namespaceFailed("unshare could not be started", cause);
  });

  let started = false;
  let killing: NodeJS.Timeout | undefined;
  const stop = () => {
    if (child.connected) child.send({ type: "stop" }, () => {});
    killing ??= setTimeout(() => child.kill("SIGKILL"), options.graceMs ?? 8000);
  };
  const answer = outsideAnswers(options.signal);
  child.on("message", (message: "ready" | Asked) => {
    if (message !== "ready") {
      const { id, question } = message;
      void answer(question).then((said) => {
        if (child.connected) child.send({ type: "answer", id, answer: said } satisfies Answered, () => {});
      });
      return;
    }
    started = true;
    child.send({ type: "job", job }, () => {});
    if (options.signal.aborted) stop();
  });
  options.signal.addEventListener("abort", stop);
  try {
    const [code, signal] = await ended;
    if (!started && !options.signal.aborted) throw namespaceFailed(`unshare ended with ${code ?? signal}`);
    if (options.signal.aborted) return code ?? 130;
    // unshare passes on what ended its child: 128 and the signal's number.
    if (signal !== null || code === 128 + 9) throw labKilled();
    return code ?? 1;
  } finally {
    clearTimeout(killing);
    options.signal.removeEventListener("abort", stop);
    // unshare is gone; should its child live on for a moment, the kernel is already ending it.
    child.kill("SIGKILL");
  }
}

function labKilled(): DrybootError {
  return new DrybootError("the lab was killed", {
    code: "LAB_KILLED",
    where: "the lab's namespaces",
    hint: "too little memory is the usual cause: `dmesg` names what was killed for it; free some, or give machines less",
  });
}

function namespaceFailed(what: string, cause?: unknown): DrybootError {
  return new DrybootError(`cannot make the lab's namespaces: ${what}`, {
    code: "NAMESPACE_FORBIDDEN",
    where: "unshare --user --net --pid --mount",
    hint: "run `./dryboot doctor`: it tries each namespace and names the setting that forbids it",
    cause,
  });
}
