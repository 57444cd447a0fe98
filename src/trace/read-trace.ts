import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { DecodeError, DrybootError } from "../core/errors.ts";
import type { ZippedFile } from "../core/read-zip.ts";
import { readZip } from "../core/read-zip.ts";
import type { Fact } from "../core/timeline.ts";
import { formatSize } from "../core/units.ts";
import type { BootFacts } from "../lab/facts.ts";
import { traceName } from "../lab/trace/trace-file.ts";

/** A fact as a trace has it: one that speaks of a picture names it by its digest. */
export type TracedFact = Fact<BootFacts> & { blob?: string };

/** A run as it was recorded, or as much of it as can be read. */
export interface Trace {
  began: string;
  about: Readonly<Record<string, unknown>>;
  facts: readonly TracedFact[];
  /** What is missing or cannot be read, in sentences. */
  problems: readonly string[];
  /** A picture, by its digest. */
  blob(digest: string): Uint8Array | undefined;
  /** The packets of a machine as a pcapng file. */
  packets(machine: string): Uint8Array | undefined;
  /** Machines whose packets it has. */
  captured: readonly string[];
}

const header = z.object({
  format: z.literal("dryboot-trace"),
  version: z.int().min(1),
  began: z.iso.datetime(),
  about: z.record(z.string(), z.unknown()),
});
/** As much of a fact as every reader relies on; what is in it besides is its type's. */
const anyFact = z.looseObject({ seq: z.number(), at: z.number(), type: z.string() });

/** The newest version whose words we know. */
const ourVersion = 1;

/** Reads a trace; throws a `DecodeError` where it is none. */
export function readTrace(bytes: Uint8Array): Trace {
  const { files, problem } = readZip(bytes);
  const problems = problem === undefined ? [] : [problem];
  const contentOf = (file: ZippedFile): Uint8Array | undefined => {
    try {
      return file.read();
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const [first] = files;
  const told = first?.name === "trace.json" ? header.safeParse(json(contentOf(first))) : undefined;
  if (!told?.success) throw new DecodeError("trace.json", 0, "is missing or none of ours");
  const { version, began, about } = told.data;
  if (version > ourVersion) {
    problems.push(
      `it is of version ${version}, and this dryboot knows ${ourVersion}: what is new is left out`,
    );
  }
  const joined = (name: string) =>
    files.filter((file) => file.name.startsWith(`${name}/`)).flatMap((file) => contentOf(file) ?? []);
  const facts = factsIn(Buffer.concat(joined("facts.ndjson")).toString("utf8"), problems);
  const captured = new Set(
    files.flatMap(({ name }) => /^packets\/([^/]+)\.pcapng\/\d+$/.exec(name)?.[1] ?? []),
  );
  return {
    ...{ began, about, facts, problems, captured: [...captured] },
    blob(digest) {
      const file = files.find(({ name }) => name === `blobs/${digest}`);
      return file && contentOf(file);
    },
    packets: (machine) =>
      captured.has(machine) ? Buffer.concat(joined(`packets/${machine}.pcapng`)) : undefined,
  };
}

/** A trace by the path of its file, or of the folder of its run. */
export async function loadTrace(path: string): Promise<Trace> {
  try {
    const found = await stat(path);
    const file = found.isDirectory() ? join(path, traceName) : path;
    const { size } = await stat(file);
    if (size > largestTrace) throw tooLarge(file, size);
    return readTrace(await readFile(file));
  } catch (error) {
    if (error instanceof DrybootError) throw error;
    const cause = error as NodeJS.ErrnoException;
    const isDecoding = error instanceof DecodeError;
    throw new DrybootError(isDecoding ? `it is no trace: ${error.message}` : "the trace cannot be read", {
      code: isDecoding ? "NOT_A_TRACE" : "TRACE_UNREADABLE",
      where: path,
      hint:
        cause.code === "ENOENT"
          ? "name the folder of a run below reports/, or its trace.dryboot.zip"
          : "name a file that `dryboot boot` or `dryboot test` wrote",
      cause,
    });
  }
}

/** A run of an hour has a few megabytes; whoever hands over more wants our memory. */
const largestTrace = 1024 * 2 ** 20;

function tooLarge(file: string, size: number): DrybootError {
  return new DrybootError(`the trace has ${formatSize(size)}, more than is read`, {
    code: "TRACE_TOO_LARGE",
    where: file,
    hint: `take one of less than ${formatSize(largestTrace)}`,
  });
}

/** The facts of lines of JSON; lines that are none are counted and left out. */
function factsIn(text: string, problems: string[]): TracedFact[] {
  const facts: TracedFact[] = [];
  let strange = 0;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const fact = anyFact.safeParse(json(line));
    if (fact.success) facts.push(fact.data as unknown as TracedFact);
    else strange += 1;
  }
  if (strange > 0) problems.push(`${strange} of its lines are no facts`);
  return facts;
}

function json(text: string | Uint8Array | undefined): unknown {
  try {
    return JSON.parse(typeof text === "string" ? text : Buffer.from(text ?? []).toString("utf8"));
  } catch {
    return undefined;
  }
}
