import { writeFile } from "node:fs/promises";
import * as z from "zod";
import { DrybootError } from "../core/errors.ts";
import { suggest } from "../core/nearest.ts";
import { jsonLine, printable } from "../core/printable.ts";
import { formatDuration } from "../core/units.ts";
import { ConsoleText } from "../lab/console-text.ts";
import { describeFact } from "../lab/describe-fact.ts";
import { asciicastOf } from "../trace/export/asciicast.ts";
import { chromeTraceOf, machinesIn } from "../trace/export/chrome.ts";
import { junitOf } from "../trace/export/junit.ts";
import type { Trace } from "../trace/read-trace.ts";
import { loadTrace } from "../trace/read-trace.ts";
import { command } from "./command.ts";
import { usageError } from "./flags.ts";
import type { Terminal } from "./terminal.ts";

const formats = ["facts", "console", "asciicast", "pcapng", "chrome", "junit"] as const;

export const trace = command({
  name: "trace",
  summary: "Read what a run recorded, and write it in the formats of other programs",
  details:
    "RUN is a folder below reports/, or a trace.dryboot.zip, also of a run that was killed. Without --as it says what\n" +
    "happened, a line for each fact.\n\n" +
    "  facts      every fact as one line of JSON\n" +
    "  console    the bytes of a machine's serial console\n" +
    "  asciicast  the same with its times, for asciinema\n" +
    "  pcapng     a machine's packets, for Wireshark; of files that were fetched, the beginning of each packet\n" +
    "  chrome     phases and requests, for Perfetto and chrome://tracing\n" +
    "  junit      the steps of a scenario, for a CI system\n\n" +
    "Exit codes: 0 read, 1 it is no trace, 2 wrong usage. What is missing in a damaged one is said on standard error.",
  positionals: [{ name: "RUN", describe: "A run's folder, or its trace" }],
  flags: z.strictObject({
    as: z.enum(formats).optional().describe("Write this instead of sentences"),
    machine: z
      .string()
      .optional()
      .describe("The machine whose console or packets are meant (default: the first)")
      .meta({ placeholder: "NAME" }),
    output: z
      .string()
      .optional()
      .describe("File to write (default: standard output)")
      .meta({ placeholder: "FILE" }),
  }),
  async run({ flags, args }, terminal) {
    const read = await loadTrace(args.RUN);
    for (const problem of read.problems) terminal.err(`note: ${printable(problem)}`);
    if (flags.as === undefined) {
      tell(read, terminal);
      return 0;
    }
    const content = exported(read, flags.as, flags.machine);
    if (flags.output !== undefined) await written(flags.output, content);
    else print(content, flags.as, terminal);
    return 0;
  },
});

/** What happened, the consoles by whole lines. */
function tell({ facts }: Trace, terminal: Terminal): void {
  const consoles = new Map<string, { text: ConsoleText; rest: string }>();
  const say = (at: number, words: string) => terminal.out(`${formatDuration(at).padStart(9)}  ${words}`);
  for (const fact of facts) {
    if (fact.type !== "console.output") {
      say(fact.at, describeFact(fact));
      continue;
    }
    const console = consoles.get(fact.machine) ?? { text: new ConsoleText(), rest: "" };
    consoles.set(fact.machine, console);
    const lines = `${console.rest}${console.text.append(fact.text)}`.split("\n");
    console.rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") say(fact.at, `${fact.machine}: ${printable(line)}`);
  }
  const last = facts.at(-1)?.at ?? 0;
  for (const [machine, { rest }] of consoles) {
    if (rest.trim() !== "") say(last, `${machine}: ${printable(rest)}`);
  }
}

function exported(
  read: Trace,
  as: (typeof formats)[number],
  wanted: string | undefined,
): string | Uint8Array {
  if (as === "facts") return read.facts.map((fact) => `${jsonLine(fact)}\n`).join("");
  if (as === "chrome") return `${JSON.stringify(chromeTraceOf(read))}\n`;
  if (as === "junit") return junitOf(read);
  const machine = machineNamed(read, wanted);
  if (as === "asciicast") return asciicastOf(read, machine);
  if (as === "pcapng") {
    const packets = read.packets(machine);
    if (packets) return packets;
    throw new DrybootError(`there are no packets of ${machine} in it`, {
      code: "TRACE_WITHOUT_PACKETS",
      where: "pcapng",
      hint: "name another machine with --machine; one that was never switched on has none",
    });
  }
  const bytes = read.facts.flatMap((fact) =>
    fact.type === "console.output" && fact.machine === machine ? [Buffer.from(fact.text, "latin1")] : [],
  );
  return Buffer.concat(bytes);
}

function machineNamed(read: Trace, wanted: string | undefined): string {
  const names = machinesIn(read).map(({ name }) => name);
  const found = wanted === undefined ? names[0] : names.find((name) => name === wanted);
  if (found !== undefined) return found;
  throw usageError(
    wanted === undefined ? "no machine was switched on in it" : `it has no machine \`${wanted}\``,
    wanted === undefined ? "dryboot trace" : `--machine ${wanted}`,
    wanted === undefined ? "take the trace of a run that got so far" : suggest(wanted, names),
  );
}

function print(content: string | Uint8Array, as: string, terminal: Terminal): void {
  if (typeof content === "string") {
    for (const line of content.replace(/\n$/, "").split("\n")) terminal.out(line);
    return;
  }
  throw usageError(`${as} is no text`, `--as ${as}`, "write it to a file: --output FILE");
}

async function written(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content, { flag: "wx" });
  } catch (cause) {
    throw new DrybootError(`cannot write ${path}`, {
      code: "OUTPUT_NOT_WRITTEN",
      where: path,
      hint: "name a file that does not exist yet, in a folder you may write to",
      cause,
    });
  }
}
