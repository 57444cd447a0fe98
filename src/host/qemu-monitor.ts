import type { ChildProcessWithoutNullStreams, StdioOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { tied } from "../core/child.ts";

/** How a QEMU came to its end. `said` is what it wrote to standard error. */
export interface QemuEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  said: string;
}

type Reply = { return: unknown } | { error: { desc: string } };

const keptErrorBytes = 16_384; // a KVM crash prints its registers: a few KiB; endless warnings are cut

/**
 * A QEMU that is only asked things, over QMP on its standard streams: no socket, no file, no network to prepare.
 * The lab has its own, longer-lived connection; this one serves the questions that are put before there is a lab.
 */
export class QemuMonitor implements AsyncDisposable {
  /** Resolves when the process is gone, however it went. Never rejects. */
  readonly ended: Promise<QemuEnd>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting: { resolve(value: unknown): void; reject(reason: Error): void }[] = [];
  #onStopped: () => void = () => {};
  /** Resolves when the guest's processors stop: the first thing QEMU does after an internal error of the accelerator. */
  readonly stopped: Promise<void> = new Promise((resolve) => {
    this.#onStopped = resolve;
  });

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.ended = ending(child);
    void this.ended.then(({ said }) => this.#hungUp(said));
    child.stdin.on("error", () => {}); // it ended while we wrote; `ended` tells why
    createInterface({ input: child.stdout }).on("line", (line) => this.#receive(line));
  }

  /**
   * Resolves once QMP answers; rejects with QEMU's own words when it ends instead, or says nothing for `startMs`.
   * `descriptors` are what it inherits from number 3 on.
   */
  static async start(
    path: string,
    args: readonly string[],
    options: { signal: AbortSignal; startMs: number; descriptors?: readonly number[] },
  ): Promise<QemuMonitor> {
    const { signal, startMs, descriptors = [] } = options;
    signal.throwIfAborted();
    const [command, commandArgs] = tied(path, [...args, "-qmp", "stdio"]);
    const stdio = ["pipe", "pipe", "pipe", ...descriptors] satisfies StdioOptions;
    const child = spawn(command, commandArgs, { stdio, signal, killSignal: "SIGKILL" });
    const monitor = new QemuMonitor(child as ChildProcessWithoutNullStreams);
    let late = false;
    const tooLate = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, startMs);
    try {
      await monitor.execute("qmp_capabilities");
      return monitor;
    } catch (error) {
      await monitor[Symbol.asyncDispose]();
      signal.throwIfAborted();
      throw late ? new Error(`QEMU said nothing for ${startMs} ms`) : error;
    } finally {
      clearTimeout(tooLate);
    }
  }

  /** One command. Replies come in the order of the commands (QEMU's docs/interop/qmp-spec, without out-of-band). */
  execute(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${JSON.stringify({ execute: command, arguments: args })}\n`);
    });
  }

  /** Kills it, and returns when it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  #receive(line: string): void {
    const message = parseMessage(line);
    if (message === undefined || "QMP" in message) return;
    if ("event" in message) {
      if (message.event === "STOP") this.#onStopped();
      return;
    }
    const waiting = this.#waiting.shift();
    if ("return" in message) waiting?.resolve(message.return);
    else waiting?.reject(new Error(message.error.desc));
  }

  #hungUp(said: string): void {
    const reason = new Error(said.trim() || "QEMU ended without a word");
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
  }
}

/** A build may print a warning of its own between the messages: that is no message. */
function parseMessage(line: string): Reply | { event: string } | { QMP: unknown } | undefined {
  try {
    return JSON.parse(line) as Reply | { event: string };
  } catch {
    return undefined;
  }
}

function ending(child: ChildProcessWithoutNullStreams): Promise<QemuEnd> {
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (said.length < keptErrorBytes) said += text;
  });
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, said }));
    // Not started at all: "close" follows only where streams exist.
    child.on("error", (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, said: error.message });
    });
  });
}
