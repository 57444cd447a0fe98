import { once } from "node:events";
import type { WriteStream } from "node:fs";
import { createWriteStream } from "node:fs";
import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { jsonLine } from "../core/printable.ts";
import type { LogEntry } from "./log-entry.ts";

export interface FactLogOptions {
  /** A file that grew past this is put aside: 16 MiB unless said. */
  fileBytes?: number;
  /** How many files there are at most, the newest with them: 5 unless said. */
  files?: number;
  /** Told once per stretch of trouble: the log must not stop the servers. */
  onTrouble(problem: string): void;
}

/** The files of a log in a folder, newest first: `log.ndjson` is written, `log.1.ndjson` was before it. */
export function logFiles(folder: string, files = 5): string[] {
  return Array.from({ length: files }, (_, age) =>
    join(folder, age === 0 ? "log.ndjson" : `log.${age}.ndjson`),
  );
}

/** Lines wait this long for others, so that a storm of packets costs few writes. */
const gatherMs = 100;
/** What may wait while the disk is slow. Beyond it entries are dropped and counted: memory matters more. */
const mostWaitingBytes = 4 * 2 ** 20;

/** Entries as lines in files of bounded size and number, written behind the servers' backs. */
export class FactLog implements AsyncDisposable {
  readonly #paths: readonly string[];
  readonly #fileBytes: number;
  readonly #onTrouble: (problem: string) => void;
  #stream: WriteStream;
  #writtenBytes: number;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #inTrouble = false;
  #gathering: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  private constructor(
    paths: readonly string[],
    options: FactLogOptions,
    stream: WriteStream,
    writtenBytes: number,
  ) {
    this.#paths = paths;
    this.#fileBytes = options.fileBytes ?? 16 * 2 ** 20;
    this.#onTrouble = options.onTrouble;
    this.#stream = stream;
    this.#writtenBytes = writtenBytes;
  }

  static async open(folder: string, options: FactLogOptions): Promise<FactLog> {
    const paths = logFiles(folder, options.files);
    const [newest = ""] = paths;
    const stream = await openEnd(newest).catch((cause: unknown) => {
      throw new DrybootError(`cannot write the log ${newest}`, {
        code: "STATE_UNUSABLE",
        where: newest,
        hint: "the server's user must be able to get to this folder: name another one with --state DIR",
        cause,
      });
    });
    const { size } = await stat(newest);
    return new FactLog(paths, options, stream, size);
  }

  write(entry: LogEntry): void {
    const line = `${jsonLine(entry)}\n`;
    if (this.#waitingBytes + line.length > mostWaitingBytes) {
      this.#dropped += 1;
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    this.#gathering ??= setTimeout(() => void this.flush(), gatherMs).unref();
  }

  /** Resolves when all that was written before is in the file. Never fails: trouble is told to `onTrouble`. */
  async flush(): Promise<void> {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    await this.#writing; // one at a time, in order
    if (this.#waiting.length === 0) return;
    this.#writing = this.#writeOut();
    await this.#writing;
  }

  async #writeOut(): Promise<void> {
    const text = this.#waiting.join("");
    this.#waiting = [];
    this.#waitingBytes = 0;
    try {
      if (this.#writtenBytes > 0 && this.#writtenBytes + text.length > this.#fileBytes) await this.#rotate();
      else if (this.#stream.errored) this.#stream = await openEnd(this.#paths[0] ?? "");
      await writeTo(this.#stream, text);
      this.#writtenBytes += Buffer.byteLength(text);
      if (this.#dropped > 0) this.#trouble(`${this.#dropped} entries came faster than the disk took them`);
      else this.#inTrouble = false;
      this.#dropped = 0;
    } catch (error) {
      this.#trouble(error instanceof Error ? error.message : String(error));
    }
  }

  async #rotate(): Promise<void> {
    await closeStream(this.#stream);
    const [oldest = ""] = this.#paths.slice(-1);
    await rm(oldest, { force: true });
    for (let age = this.#paths.length - 2; age >= 0; age -= 1) {
      await rename(this.#paths[age] ?? "", this.#paths[age + 1] ?? "").catch(ifAbsent);
    }
    this.#stream = await openEnd(this.#paths[0] ?? "");
    this.#writtenBytes = 0;
  }

  #trouble(problem: string): void {
    if (!this.#inTrouble) this.#onTrouble(problem);
    this.#inTrouble = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
    await closeStream(this.#stream);
  }
}

async function openEnd(path: string): Promise<WriteStream> {
  const stream = createWriteStream(path, { flags: "a", mode: 0o600 });
  await once(stream, "open");
  stream.on("error", () => {}); // `writeTo` hears of it too
  return stream;
}

function writeTo(stream: WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

function closeStream(stream: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) return resolve();
    stream.once("close", () => resolve());
    stream.end();
  });
}

function ifAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
