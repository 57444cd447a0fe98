import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { tied } from "../core/child.ts";
import { projectFolder } from "../core/folders.ts";

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** `./dryboot ...` as a shell starts it: a group of its own, its output read, ended with the test. */
export class DrybootProcess implements AsyncDisposable {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #changed = new EventTarget();
  #closed = false;
  stdout = "";
  stderr = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    const read = (stream: "stdout" | "stderr") => (data: Buffer) => {
      this[stream] += stripVTControlCharacters(data.toString());
      this.#changed.dispatchEvent(new Event("change"));
    };
    child.stdout?.on("data", read("stdout"));
    child.stderr?.on("data", read("stderr"));
    // `close`, not `exit`: all of its output has been read then.
    this.ended = once(child, "close").then(([code, signal]) => {
      this.#closed = true;
      this.#changed.dispatchEvent(new Event("change"));
      return { code, signal } as Ended;
    });
  }

  /** `wrap` goes before the command: another user, another namespace. */
  static start(
    args: readonly string[],
    options: {
      env?: Readonly<Record<string, string | undefined>>;
      wrap?: readonly string[];
      launcher?: string;
    } = {},
  ): DrybootProcess {
    const [file = "", ...rest] = [
      ...(options.wrap ?? []),
      options.launcher ?? join(projectFolder, "dryboot"),
      ...args,
    ];
    // Should Vitest end without cleaning up, as after Ctrl-C, the kernel does.
    const [command, commandArgs] = tied(file, rest);
    const child = spawn(command, commandArgs, {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      env: { ...process.env, NO_COLOR: "1", ...options.env },
    });
    return new DrybootProcess(child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits until one of its streams shows `pattern`; fails when it ends or `deadlineMs` passes before. */
  async shows(pattern: RegExp, deadlineMs: number): Promise<void> {
    const seen = () => pattern.test(this.stdout) || pattern.test(this.stderr);
    const late = AbortSignal.timeout(deadlineMs);
    while (!seen()) {
      if (this.#closed || late.aborted) {
        const why = late.aborted ? `within ${deadlineMs} ms` : "before it ended";
        throw new Error(`did not show ${pattern} ${why}:\n${this.stdout}\n${this.stderr}`);
      }
      await once(this.#changed, "change", { signal: late }).catch(() => {});
    }
  }

  /** A signal for the process itself, as `kill PID` sends it. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** A signal for its whole group, as Ctrl-C at a terminal sends it. */
  interrupt(): void {
    process.kill(-this.pid, "SIGINT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      try {
        process.kill(-this.pid, "SIGKILL");
      } catch {
        // it ended in between
      }
    }
    await this.ended;
  }
}

/** Runs it to its end. */
export async function dryboot(
  args: readonly string[],
  options?: Parameters<typeof DrybootProcess.start>[1],
): Promise<Ended & { stdout: string; stderr: string }> {
  await using running = DrybootProcess.start(args, options);
  const ended = await running.ended;
  return { ...ended, stdout: running.stdout, stderr: running.stderr };
}
