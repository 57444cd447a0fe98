import type { WriteStream } from "node:fs";
import { createWriteStream, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { finished } from "node:stream/promises";
import { DrybootError } from "../core/errors.ts";
import { jsonLine } from "../core/printable.ts";
import type { Fact, Timeline } from "../core/timeline.ts";
import { ConsoleText } from "./console-text.ts";
import type { BootFacts } from "./facts.ts";
import { Packets } from "./trace/packets.ts";
import { TraceFile, traceName } from "./trace/trace-file.ts";

/** `reports/<run>/`: the trace, and what a person looks at first, written while they happen: whole up to a `kill -9`. */
export class RunFolder implements AsyncDisposable {
  readonly path: string;
  readonly #trace: TraceFile;
  readonly #streams = new Map<string, WriteStream>();
  readonly #texts = new Map<string, ConsoleText>();
  readonly #packets = new Map<string, { packets: Packets; zeroMs: number }>();
  /** Wall-clock time of `at` 0. */
  readonly #beganMs: number;
  #subscription: Disposable | undefined;
  #isCut = false;

  private constructor(path: string, trace: TraceFile, beganMs: number) {
    this.path = path;
    this.#trace = trace;
    this.#beganMs = beganMs;
    trace.beforeFlush(() => this.#takePackets());
  }

  /**
   * Makes the folder, and records every fact of the timeline in it from its first on. What cannot be written later on ends
   * the record, not the run: `trace.cut` says why.
   */
  static async open(
    path: string,
    timeline: Timeline<BootFacts>,
    about: Readonly<Record<string, unknown>>,
  ): Promise<RunFolder> {
    const beganMs = Date.now() - timeline.now();
    const cut = (reason: string) => {
      if (folder.#isCut) return;
      folder.#isCut = true;
      timeline.record("trace.cut", { folder: path, reason });
    };
    let trace: TraceFile;
    try {
      await mkdir(path, { recursive: true });
      const began = new Date(beganMs).toISOString();
      const header = { format: "dryboot-trace", version: 1, began, about } as const;
      trace = await TraceFile.open(join(path, traceName), header, (reason) => cut(reason));
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
    const folder = new RunFolder(path, trace, beganMs);
    folder.#subscription = timeline.subscribe((fact) => folder.#record(fact, cut));
    return folder;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes what is still on its way, then closes. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    await Promise.all(
      streams.map((stream) => {
        stream.end();
        return finished(stream).catch(() => undefined); // it was said when it happened
      }),
    );
    await this.#trace[Symbol.asyncDispose]();
    for (const { packets } of this.#packets.values()) packets[Symbol.dispose]();
  }

  #record(fact: Fact<BootFacts>, cut: (reason: string) => void): void {
    this.#trace.fact(jsonLine({ ...fact, ...this.#pictureOf(fact) }));
    if (fact.type === "console.output") this.#console(fact.machine, fact.text, cut);
    if (fact.type === "vm.exited" && fact.stderr !== "")
      this.#append(`${fact.machine}.qemu.log`, `${fact.stderr}\n`, cut);
    if (fact.type === "vm.powered-on" && !this.#packets.has(fact.machine)) {
      const packets = new Packets(fact.machine, this.file(`${fact.machine}.pcap`));
      this.#packets.set(fact.machine, { packets, zeroMs: this.#beganMs + fact.at });
    }
  }

  /** The picture a fact speaks of goes into the trace, and the fact names it by its digest. */
  #pictureOf(fact: Fact<BootFacts>): { blob?: string } {
    if (fact.type !== "screen.changed" && fact.type !== "screen.saved") return {};
    const path = isAbsolute(fact.file) ? fact.file : this.file(fact.file);
    try {
      return { blob: this.#trace.blob(readFileSync(path)) };
    } catch {
      return {}; // QEMU could not write it: it has the same disk
    }
  }

  #takePackets(): void {
    for (const [machine, { packets, zeroMs }] of this.#packets) {
      this.#trace.part(`packets/${machine}.pcapng`, packets.take(zeroMs, Date.now()));
    }
  }

  #console(machine: string, bytes: string, cut: (reason: string) => void): void {
    let text = this.#texts.get(machine);
    if (text === undefined) {
      text = new ConsoleText();
      this.#texts.set(machine, text);
    }
    this.#append(`${machine}.console.log`, text.append(bytes), cut);
  }

  #append(name: string, data: string, cut: (reason: string) => void): void {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = createWriteStream(this.file(name));
      stream.on("error", (error) => cut(error.message));
      this.#streams.set(name, stream);
    }
    if (stream.writable) stream.write(data);
  }
}

function cannotWrite(path: string, cause: unknown): DrybootError {
  const { code } = cause as NodeJS.ErrnoException;
  return new DrybootError(`cannot write the run's folder ${path}`, {
    code: "REPORT_NOT_WRITTEN",
    where: path,
    hint:
      code === "ENOSPC"
        ? "the disk is full: make room, or give another folder with --reports DIR"
        : "give a folder you may write to with --reports DIR",
    cause,
  });
}
