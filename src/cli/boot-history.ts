import { styleText } from "node:util";
import { printable } from "../core/printable.ts";
import type { Fact } from "../core/timeline.ts";
import { formatDuration } from "../core/units.ts";
import type { NetbootFacts } from "../facts.ts";
import type { LogEntry } from "../serve/log-entry.ts";
import { entriesIn } from "../serve/read-log.ts";
import { roleByName } from "../trace/file-roles.ts";
import type { Transaction } from "../trace/transactions.ts";
import { Transactions } from "../trace/transactions.ts";

/** Which of a log's entries are looked at: those that are wanted (it is asked about every one, in order), of its last bytes. */
export type Part = Readonly<{ isWanted?: (entry: LogEntry) => boolean; lastBytes?: number }>;

/** The boots that a server's log tells of, oldest first. */
export async function bootsIn(
  folder: string,
  now: number,
  { isWanted = () => true, lastBytes }: Part = {},
): Promise<Transaction[]> {
  const transactions = new Transactions(roleByName);
  for await (const entry of entriesIn(folder, lastBytes)) {
    if (!isWanted(entry) || !isOfBoot(entry) || entry.machine === undefined) continue;
    const at = Date.parse(entry.time); // entries of several runs of the server: `at` begins anew with each
    if (Number.isFinite(at)) transactions.feed(entry.machine, { ...entry, at });
  }
  return transactions.all(now);
}

/** What serve says of itself, and what a dry run would have said, is no part of a boot. */
function isOfBoot(entry: LogEntry): entry is LogEntry & Fact<NetbootFacts> {
  return !entry.type.startsWith("serve.") && entry.type !== "dhcp.withheld";
}

/** Machines whose last boot stopped, the last first: who needs somebody. */
export function stoppedNow(boots: readonly Transaction[]): Transaction[] {
  const last = new Map(boots.map((boot) => [boot.machine, boot]));
  return [...last.values()].filter(({ outcome }) => outcome === "stopped").reverse();
}

const colours = { ready: "green", up: "green", "going-on": "yellow", stopped: "red" } as const;
const words = { ready: "ready", up: "up", "going-on": "going on", stopped: "stopped" } as const;

/** A boot for people: when, who, how it ended, and where it stands if it did not come through. */
export function bootLines(boot: Transaction): string[] {
  const { machine, began, last, outcome, reached, stop, id, client } = boot;
  const took = formatDuration(Math.max(0, last - began));
  const place = outcome === "ready" ? `after ${took}` : `in ${reached ?? "nothing"}, after ${took}`;
  const asked = client === undefined ? "" : `  ${printable(client, 80)}`;
  return [
    `${styleText("dim", momentOf(began))}  ${styleText("bold", printable(machine, 63))}  ${styleText(colours[outcome], words[outcome])} ${place}${asked}  ${styleText("dim", printable(id, 80))}`,
    ...(stop ? [`    ${stop.says}`] : []),
    ...(stop && outcome === "stopped" ? [`    why:  ${stop.why}`, `    next: ${stop.next}`] : []),
  ];
}

/** In this machine's own time zone, as its other logs are; boots are days apart. */
function momentOf(time: number): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
