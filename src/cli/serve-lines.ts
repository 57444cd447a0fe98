import { styleText } from "node:util";
import { jsonLine, printable } from "../core/printable.ts";
import type { Fact } from "../core/timeline.ts";
import { formatDuration } from "../core/units.ts";
import { describeFact } from "../lab/describe-fact.ts";
import type { LiveFacts } from "../serve/facts.ts";
import { describeOffer } from "../serve/foreign-server.ts";
import type { LogEntry } from "../serve/log-entry.ts";
import { isChatter } from "../serve/log-entry.ts";

/** Room for all the mistakes of a site file; most sentences are short. */
const longestSentence = 600;
const nameColumns = 17; // a MAC's

/** One entry as a line for people: when, about whom, what. Nothing in it can command a terminal. */
export function entryLine(entry: LogEntry): string {
  const says = printable(sentence(entry), longestSentence);
  const machine = printable(entry.machine ?? "", 63).padEnd(nameColumns);
  return `${styleText("dim", clockOf(entry.time))}  ${styleText("bold", machine)}  ${coloured(entry, says)}`;
}

/** The log may be another version's, whose facts have other parts: those are shown as they are. */
function sentence(entry: LogEntry): string {
  try {
    const says: unknown = describe(entry);
    if (typeof says === "string") return says;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  return `${entry.type}: ${jsonLine(entry)}`;
}

/** What a person at a terminal need not see pass by: the answer that follows says as much. */
export function isWorthALine(entry: LogEntry): boolean {
  if (isChatter(entry)) return false;
  return (
    entry.type === "syslog.received" ||
    !/\.(received|requested|probed|absent|solicited|advertised)$/.test(entry.type)
  );
}

function describe(entry: LogEntry): string {
  switch (entry.type) {
    case "serve.started": {
      const does = entry.dryRun ? "listening, and answering nothing (--dry-run)" : `mode ${entry.mode}`;
      return `serving ${entry.site} on ${entry.interface}, ${entry.address}: ${does}; process ${entry.pid}`;
    }
    case "serve.user-changed":
      return `root is given up: running as ${entry.user} (${entry.uid}:${entry.gid})`;
    case "serve.asked-around":
      return `looking for other DHCP servers on this network: up to ${formatDuration(entry.waitMs)}`;
    case "serve.server-found":
      return `another DHCP server: ${describeOffer(entry)}`;
    case "serve.server-absent":
      return `no other DHCP server answered within ${formatDuration(entry.waitedMs)}`;
    case "serve.reloaded":
      return `site reloaded: ${entry.changes.length === 0 ? "nothing changed" : entry.changes.join("; ")}`;
    case "serve.certificate-renewed":
      return `HTTPS has another certificate, valid until ${entry.until}`;
    case "serve.reload-failed":
      return `site not reloaded, the old one stays: ${entry.problem} (${entry.where}); ${entry.next}`;
    case "serve.warned":
      return `warning: ${entry.problem}; ${entry.next}`;
    case "serve.stopped":
      return `stopped after ${formatDuration(entry.uptimeMs)}`;
    case "dhcp.withheld":
      return `would send ${answer({ ...entry, type: "dhcp.sent" })}`;
    case "dhcp.sent":
      return answer(entry);
    default:
      return describeFact(entry);
  }
}

/** What was answered and why; a reason begins with the address, which was just said. */
function answer(fact: Extract<Fact<LiveFacts>, { type: "dhcp.sent" }>): string {
  const address = `${fact.yiaddr}: `;
  const why = fact.reason.startsWith(address) ? fact.reason.slice(address.length) : fact.reason;
  return `${describeFact(fact)} (${why})`;
}

function coloured({ type }: LogEntry, says: string): string {
  if (/\.(failed|reload-failed|malformed)$/.test(type)) return styleText("red", says);
  if (/\.(silent|refused|warned|server-found|looping)$/.test(type)) return styleText("yellow", says);
  return type === "machine.ready" ? styleText("green", says) : says;
}

/** In this machine's own time zone, as its other logs are. */
function clockOf(time: string): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
