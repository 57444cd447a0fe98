import { createHash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import type { ZipRecord } from "../../core/zip.ts";
import { zip, zipDirectory, zipEntry } from "../../core/zip.ts";

/** `trace.json`, the first entry of a trace: what the file is, and which version of its words it speaks. */
export interface TraceHeader {
  format: "dryboot-trace";
  version: 1;
  /** Wall-clock time of `at` 0, ISO 8601. */
  began: string;
  /** What was asked for and what runs it: site, machine, lane, image, host. */
  about: Readonly<Record<string, unknown>>;
}

/** The name under which every run's trace stands in its folder. */
export const traceName = "trace.dryboot.zip";

/** What is said in between is written together: at most this long after it happened, or when it is this much. */
const flushMs = 500;
const flushBytes = 64 * 1024;

/**
 * The record of a run in one file that is written while it happens: a zip whose entries are whole one after the other, so
 * that a reader finds all but the last half second of it after a `kill -9`. When the disk is full the run goes on: the
 * trace ends there, `onCut` hears why, and the file is closed as it is.
 */
export class TraceFile implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #onCut: (reason: string) => void;
  readonly #records: ZipRecord[] = [];
  readonly #blobs = new Set<string>();
  readonly #parts = new Map<string, number>();
  #lines: string[] = [];
  #linesBytes = 0;
  #offset = 0;
  #cut = false;
  /** Everything that is on its way to the disk, in its order. */
  #writing: Promise<void> = Promise.resolve();
  readonly #beforeFlush = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;

  private constructor(handle: FileHandle, onCut: (reason: string) => void) {
    this.#handle = handle;
    this.#onCut = onCut;
    this.#timer = setInterval(() => this.#flush(), flushMs);
  }

  static async open(path: string, header: TraceHeader, onCut: (reason: string) => void): Promise<TraceFile> {
    const file = new TraceFile(await open(path, "w"), onCut);
    file.#add("trace.json", Buffer.from(`${JSON.stringify(header, null, 2)}\n`));
    return file;
  }

  /** One fact, as a line of JSON without its end. */
  fact(line: string): void {
    this.#lines.push(line);
    this.#linesBytes += line.length + 1;
    if (this.#linesBytes >= flushBytes) this.#flush();
  }

  /** Something that is referred to by its digest, which is returned; the same thing is kept once. */
  blob(content: Uint8Array): string {
    const digest = createHash("sha256").update(content).digest("hex");
    if (!this.#blobs.has(digest)) {
      this.#blobs.add(digest);
      this.#add(`blobs/${digest}`, content);
    }
    return digest;
  }

  /** The next part of what is read by joining its parts: `packets/node1.pcapng` is `packets/node1.pcapng/000001` and so on. */
  part(name: string, content: Uint8Array): void {
    if (content.length === 0) return;
    const number = (this.#parts.get(name) ?? 0) + 1;
    this.#parts.set(name, number);
    this.#add(`${name}/${String(number).padStart(6, "0")}`, content);
  }

  /** Is called whenever something is about to be written, for what is gathered elsewhere. */
  beforeFlush(gather: () => void): Disposable {
    this.#beforeFlush.add(gather);
    return { [Symbol.dispose]: () => void this.#beforeFlush.delete(gather) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#flush();
    await this.#writing;
    if (!this.#cut) this.#write(zipDirectory(this.#records, this.#offset));
    await this.#writing;
    await this.#handle.close();
  }

  #flush(): void {
    for (const gather of this.#beforeFlush) gather();
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join("\n")}\n`;
    this.#lines = [];
    this.#linesBytes = 0;
    this.part("facts.ndjson", Buffer.from(text));
  }

  #add(name: string, content: Uint8Array): void {
    if (this.#cut) return;
    if (this.#offset > zip.mostBytes || this.#records.length >= zip.mostEntries) {
      this.#end("it is as large as a zip can be");
      return;
    }
    const { bytes, record } = zipEntry(name, content, this.#offset);
    this.#records.push(record);
    this.#offset += bytes.length;
    this.#write(bytes);
  }

  #write(bytes: Uint8Array): void {
    this.#writing = this.#writing.then(async () => {
      if (this.#cut) return;
      try {
        await this.#handle.writeFile(bytes);
      } catch (error) {
        this.#end(error instanceof Error ? error.message : String(error));
      }
    });
  }

  #end(reason: string): void {
    if (this.#cut) return;
    this.#cut = true;
    this.#onCut(reason);
  }
}
