import { styleText } from "node:util";
import * as z from "zod";
import { DrybootError } from "../core/errors.ts";
import { jsonLine, printable } from "../core/printable.ts";
import { formatDuration, formatSize } from "../core/units.ts";
import { askServer } from "../serve/control-client.ts";
import { defaultStateFolder } from "../serve/state-folder.ts";
import type { ServerStatus } from "../serve/status.ts";
import type { Transaction } from "../trace/transactions.ts";
import { bootsIn, stoppedNow } from "./boot-history.ts";
import { command } from "./command.ts";
import { stateFlag } from "./state-flag.ts";
import { table } from "./table.ts";

/** What a screen has room for; `--json` has all. */
const mostShown = 10;
/** Of the log, a few thousand boots; all of it may be 80 MiB, and takes seconds to read. */
const recentBytes = 4 * 2 ** 20;

export const status = command({
  name: "status",
  summary: "Say what a running `dryboot serve` is doing",
  details: "Exit codes: 0 it runs, 1 none does.",
  flags: z.strictObject({
    json: z.boolean().default(false).describe("Print one JSON object with everything"),
    state: stateFlag,
  }),
  async run({ flags }, terminal, signal) {
    const folder = flags.state ?? defaultStateFolder();
    const lines = await askServer(folder, { ask: "status" }, signal);
    if (lines === undefined) throw noServer(folder);
    for await (const line of lines) {
      const told = JSON.parse(line) as ServerStatus;
      const now = Date.now();
      const stopped = stoppedNow(await bootsIn(folder, now, { lastBytes: recentBytes }));
      if (flags.json) terminal.out(jsonLine({ ...told, stopped }));
      else for (const each of formatStatus(told, now, stopped)) terminal.out(each);
    }
    return 0;
  },
});

export function noServer(folder: string): DrybootError {
  return new DrybootError("no `dryboot serve` runs with this state folder", {
    code: "NOT_SERVING",
    where: folder,
    hint: "start one: `dryboot serve SITE --interface IF`; or name its folder with --state DIR",
  });
}

/** The screen of `dryboot status`. */
export function formatStatus(
  status: ServerStatus,
  now: number,
  stopped: readonly Transaction[] = [],
): string[] {
  const { leases, transfers, boots, problems } = status;
  const ago = (time: string) => `${formatDuration(Math.max(0, now - Date.parse(time)))} ago`;
  const dry = status.dryRun ? ", dry run: nothing is answered" : "";
  return [
    ...table([
      ["site", `${status.site} (${status.file})`],
      ["serving", `${status.address} on ${status.interface}, mode ${status.mode}${dry}`],
      ["process", `${status.pid}, user ${status.user}, up ${formatDuration(status.uptimeMs)}`],
      [
        "leases",
        `${leases.bound} bound, ${leases.offered} offered, ${leases.ended} ended, ${leases.declined} declined`,
      ],
      ["log", status.log],
    ]),
    ...section(
      "Transfers under way",
      transfers.map(({ machine, from, protocol, file, sentBytes, sizeBytes }) => [
        ...[machine ?? from, protocol.toUpperCase(), printable(file, 60)],
        sizeBytes === undefined ? "" : `${formatSize(sentBytes)} of ${formatSize(sizeBytes)}`,
      ]),
    ),
    ...section(
      "Last boots",
      boots.map(({ machine, step, last, detail }) => [
        ...[machine, step === "ready" ? styleText("green", step) : step],
        ...[ago(last), printable(detail, 100)],
      ]),
    ),
    ...section(
      "Stopped (dryboot logs --boots says what to do)",
      stopped.flatMap(({ machine, last, stop }) =>
        stop ? [[machine, ago(new Date(last).toISOString()), `${stop.says}: ${stop.why}`]] : [],
      ),
    ),
    ...section(
      "Problems",
      problems.map(({ machine = "", last, count, says }) => [
        ...[machine, ago(last), count > 1 ? `${count} times` : "", printable(says, 200)],
      ]),
    ),
  ];
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ["", `${title}: none`];
  const more = rows.length > mostShown ? [`  and ${rows.length - mostShown} more (--json has them)`] : [];
  return ["", `${title}:`, ...table(rows.slice(0, mostShown), { indent: "  " }), ...more];
}
