import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { DrybootError } from "../core/errors.ts";

export interface QmpEvent {
  event: string;
  data: Readonly<Record<string, unknown>>;
}

type Reply = { return: unknown } | { error: { class: string; desc: string } };
type Incoming = ({ id: number } & Reply) | (QmpEvent & { timestamp: unknown }) | { QMP: unknown };

interface Waiting {
  command: string;
  resolve(value: unknown): void;
  reject(reason: Error): void;
}

/** QEMU's machine protocol over one socket: line-delimited JSON, commands matched to replies by id. */
export class Qmp implements Disposable {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onEvent: (event: QmpEvent) => void;
  readonly #greeting = Promise.withResolvers<void>();
  #nextId = 1;

  private constructor(socket: Socket, onEvent: (event: QmpEvent) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    const lines = createInterface({ input: socket });
    // On `quit` QEMU resets the socket, and readline emits that error a second time.
    lines.on("error", () => {});
    socket.on("error", () => {});
    lines.on("line", (line) => this.#receive(line));
    socket.on("close", () => this.#hungUp());
  }

  /** Resolves once QEMU has greeted and left capabilities negotiation. */
  static async negotiate(socket: Socket, onEvent: (event: QmpEvent) => void): Promise<Qmp> {
    const qmp = new Qmp(socket, onEvent);
    await qmp.#greeting.promise;
    await qmp.execute("qmp_capabilities");
    return qmp;
  }

  /** One command; rejects with QEMU's own words, when the socket closes, or after `deadlineMs`. */
  execute<T = unknown>(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
    deadlineMs = 5000,
  ): Promise<T> {
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(qmpFailed(command, "QEMU is gone"));
        return;
      }
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(qmpFailed(command, `no reply within ${deadlineMs} ms`));
      }, deadlineMs);
      this.#waiting.set(id, {
        command,
        resolve: (value) => {
          clearTimeout(timer);
          resolve(value as T);
        },
        reject: (reason) => {
          clearTimeout(timer);
          reject(reason);
        },
      });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #receive(line: string): void {
    const message = parse(line);
    if (message === undefined) return;
    if ("QMP" in message) this.#greeting.resolve();
    else if ("event" in message) this.#onEvent({ event: message.event, data: message.data ?? {} });
    else this.#settle(message);
  }

  #settle(message: { id: number } & Reply): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ("return" in message) waiting?.resolve(message.return);
    else waiting?.reject(qmpFailed(waiting.command, `${message.error.class}: ${message.error.desc}`));
  }

  #hungUp(): void {
    for (const { command, reject } of this.#waiting.values()) reject(qmpFailed(command, "QEMU hung up"));
    this.#waiting.clear();
  }
}

/** A QEMU that dies in the middle of a line leaves its first half. */
function parse(line: string): Incoming | undefined {
  try {
    return JSON.parse(line) as Incoming;
  } catch {
    return undefined;
  }
}

function qmpFailed(command: string, why: string): DrybootError {
  return new DrybootError(`QMP \`${command}\` failed: ${why}`, {
    code: "QMP_FAILED",
    where: "qemu",
    hint: "read qemu.log in the run's folder",
  });
}
