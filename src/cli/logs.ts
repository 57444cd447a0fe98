import * as z from "zod";
import { askServer } from "../serve/control-client.ts";
import type { LogEntry } from "../serve/log-entry.ts";
import { aboutMachine, jsonLine } from "../serve/log-entry.ts";
import { entryIn, lastEntries } from "../serve/read-log.ts";
import { defaultStateFolder } from "../serve/state-folder.ts";
import { command } from "./command.ts";
import { entryLine, isWorthALine } from "./serve-lines.ts";
import { stateFlag } from "./state-flag.ts";
import { noServer } from "./status.ts";

export const logs = command({
  name: "logs",
  summary: "Show what `dryboot serve` answered, and why",
  details:
    "Reads the log in the server's state folder, whether the server runs or not; with --follow it goes on until it is\n" +
    "stopped. Without --json, what every answer repeats (requests, progress) is left out.",
  flags: z.strictObject({
    follow: z.boolean().default(false).describe("Go on with what happens from now on"),
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
    const isShown = (entry: LogEntry) => isItsOwn(entry) && (flags.json || isWorthALine(entry));
    const show = (entry: LogEntry) => terminal.out(flags.json ? jsonLine(entry) : entryLine(entry));

    const server = await askServer(folder, { ask: "log", follow: flags.follow }, signal);
    if (server === undefined && flags.follow) throw noServer(folder);
    const lines = server?.[Symbol.asyncIterator]();
    await lines?.next(); // the files are complete: see control.ts
    let last = -1;
    const past = await lastEntries(folder, flags.lines, (entry) => {
      last = entry.seq;
      return isShown(entry);
    });
    for (const entry of past) show(entry);
    if (!flags.follow || lines === undefined) return 0;
    for (;;) {
      const { done, value } = await lines.next();
      if (done) break;
      const entry = entryIn(value);
      if (entry !== undefined && entry.seq > last && isShown(entry)) show(entry);
    }
    return 0;
  },
});
