import * as z from "zod";
import { DrybootError } from "../core/errors.ts";
import { jsonLine, printable } from "../core/printable.ts";
import { askServer } from "../serve/control-client.ts";
import type { LogEntry } from "../serve/log-entry.ts";
import { aboutMachine } from "../serve/log-entry.ts";
import { entryIn, lastEntries } from "../serve/read-log.ts";
import { defaultStateFolder } from "../serve/state-folder.ts";
import { bootLines, bootsIn } from "./boot-history.ts";
import { command } from "./command.ts";
import { entryLine, isWorthALine } from "./serve-lines.ts";
import { stateFlag } from "./state-flag.ts";
import { noServer } from "./status.ts";

export const logs = command({
  name: "logs",
  summary: "Show what `dryboot serve` answered, and why",
  details:
    "Reads the log in the server's state folder, whether the server runs or not; with --follow it goes on until it is\n" +
    "stopped. Without --json, what every answer repeats (requests, progress) is left out. With --boots it shows whole boots\n" +
    "instead, each from its first question to ready, or to where it stopped, and why.",
  flags: z.strictObject({
    follow: z.boolean().default(false).describe("Go on with what happens from now on"),
    boots: z
      .boolean()
      .default(false)
      .describe("Boots instead of answers: how far each came, and what stopped it"),
    machine: z
      .string()
      .optional()
      .describe("Only what is about this machine, by its name in the site or its MAC address")
      .meta({ placeholder: "NAME" }),
    lines: z.coerce
      .number()
      .int()
      .min(0)
      .max(1_000_000)
      .default(200)
      .describe("How much of the past to show"),
    json: z.boolean().default(false).describe("Print one JSON fact per line, all of them"),
    state: stateFlag,
  }),
  async run({ flags }, terminal, signal) {
    const folder = flags.state ?? defaultStateFolder();
    const isItsOwn = flags.machine === undefined ? () => true : aboutMachine(flags.machine);
    if (flags.boots && flags.follow) throw noFollowing();
    const server = await askServer(folder, { ask: "log", follow: flags.follow }, signal);
    if (server === undefined && flags.follow) throw noServer(folder);
    const lines = server?.[Symbol.asyncIterator]();
    await lines?.next(); // the files are complete: see control.ts
    if (flags.boots) {
      for (const line of await bootReport(folder, isItsOwn, flags)) terminal.out(line);
      return 0;
    }

    const isShown = (entry: LogEntry) => isItsOwn(entry) && (flags.json || isWorthALine(entry));
    const show = (entry: LogEntry) => terminal.out(flags.json ? jsonLine(entry) : entryLine(entry));
    const past = await pastIn(folder, flags.lines, isShown);
    for (const entry of past.shown) show(entry);
    if (past.shown.length === 0 && flags.lines > 0 && !flags.follow) {
      terminal.err(whyNothing(folder, flags.machine, past));
    }
    if (flags.follow && lines) {
      await follow(lines, (entry) => {
        if (entry.seq > past.last && isShown(entry)) show(entry);
      });
    }
    return 0;
  },
});

interface Past {
  shown: readonly LogEntry[];
  /** Number of the newest entry there is, shown or not; -1 for none. */
  last: number;
  /** Some of those the log tells of. */
  machines: ReadonlySet<string>;
}

const mostNamed = 20;

async function pastIn(folder: string, most: number, isShown: (entry: LogEntry) => boolean): Promise<Past> {
  const machines = new Set<string>();
  let last = -1;
  const shown = await lastEntries(folder, most, (entry) => {
    last = entry.seq;
    if (entry.machine !== undefined && machines.size < mostNamed) machines.add(entry.machine);
    return isShown(entry);
  });
  return { shown, last, machines };
}

/** Most often a name or the folder is misspelt. */
function whyNothing(folder: string, machine: string | undefined, { last, machines }: Past): string {
  if (last === -1) return `no log is in ${folder}: --state DIR names the server's folder`;
  if (machine === undefined) return "nothing happened yet that is worth a line; --json shows all";
  const named = [...machines].map((name) => printable(name, 63));
  return `nothing in the log is about ${printable(machine, 63)}; it tells of ${named.join(", ") || "no machine"}`;
}

async function follow(lines: AsyncIterator<string>, take: (entry: LogEntry) => void): Promise<void> {
  for (;;) {
    const { done, value } = await lines.next();
    if (done) return;
    const entry = entryIn(value);
    if (entry !== undefined) take(entry);
  }
}

/** The last boots of the log, as lines. */
async function bootReport(
  folder: string,
  isWanted: (entry: LogEntry) => boolean,
  { lines, json }: { lines: number; json: boolean },
): Promise<string[]> {
  const all = await bootsIn(folder, Date.now(), { isWanted });
  if (all.length === 0 && !json) return ["no boot is in the log"];
  const shown = lines === 0 ? [] : all.slice(-lines);
  return shown.flatMap((boot) => (json ? [jsonLine(boot)] : bootLines(boot)));
}

function noFollowing(): DrybootError {
  return new DrybootError("--boots and --follow do not go together", {
    code: "USAGE",
    where: "dryboot logs",
    hint: "`dryboot logs --boots` shows the boots so far, also those under way; `--follow` what happens",
    exitCode: 2,
  });
}
