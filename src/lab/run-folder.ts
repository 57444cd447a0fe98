import type { WriteStream } from "node:fs";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { DrybootError } from "../core/errors.ts";
import { jsonLine } from "../core/printable.ts";
import type { Timeline } from "../core/timeline.ts";
import { ConsoleText } from "./console-text.ts";
import type { BootFacts } from "./facts.ts";

/** The first line of timeline.ndjson: what the file is, and which version of its words it speaks. */
export interface TimelineHeader {
  format: "dryboot-timeline";
  version: 1;
  /** Wall-clock time of `at` 0, ISO 8601. */
  began: string;
  /** What was asked for and what runs it: site, machine, lane, image, host. */
  about: Readonly<Record<string, unknown>>;
}

/** `reports/<run>/`: the timeline, and each machine's console, written while they happen: whole up to a `kill -9`. */
export class RunFolder implements AsyncDisposable {
  readonly path: string;
  readonly #streams = new Map<string, WriteStream>();
  readonly #texts = new Map<string, ConsoleText>();
  #subscription: Disposable | undefined;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder, and records every fact of the timeline in it from its first on. */
  static async open(
    path: string,
    timeline: Timeline<BootFacts>,
    about: TimelineHeader["about"],
  ): Promise<RunFolder> {
    try {
      await mkdir(path, { recursive: true });
    } catch (cause) {
      throw cannotWrite(path, cause);
    }
    const folder = new RunFolder(path);
    const header: TimelineHeader = {
      format: "dryboot-timeline",
      version: 1,
      began: new Date(Date.now() - timeline.now()).toISOString(),
      about,
    };
    folder.#append("timeline.ndjson", `${jsonLine(header)}\n`);
    folder.#subscription = timeline.subscribe((fact) => {
      folder.#append("timeline.ndjson", `${jsonLine(fact)}\n`);
      if (fact.type === "console.output") folder.#console(fact.machine, fact.text);
      if (fact.type === "vm.exited" && fact.stderr !== "")
        folder.#append(`${fact.machine}.qemu.log`, `${fact.stderr}\n`);
    });
    return folder;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Writes what is still on its way, then closes. A full disk is reported here at the latest. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription?.[Symbol.dispose]();
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    try {
      await Promise.all(
        streams.map((stream) => {
          stream.end();
          return finished(stream);
        }),
      );
    } catch (cause) {
      throw cannotWrite(this.path, cause);
    }
  }

  #console(machine: string, bytes: string): void {
    this.#append(`${machine}.console.raw`, Buffer.from(bytes, "latin1"));
    let text = this.#texts.get(machine);
    if (text === undefined) {
      text = new ConsoleText();
      this.#texts.set(machine, text);
    }
    this.#append(`${machine}.console.log`, text.append(bytes));
  }

  #append(name: string, data: string | Buffer): void {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = createWriteStream(this.file(name));
      // `finished` throws it again when the run ends; until then the boot goes on without its record.
      stream.on("error", () => {});
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
