import type { Fact } from "../core/timeline.ts";
import { parseMac } from "../wire/mac.ts";
import type { LiveFacts } from "./facts.ts";

/** A fact as the log keeps it: when it was on the wall clock, and which machine it is about. */
export type LogEntry = Fact<LiveFacts> & { time: string; machine?: string };

/** Too many to keep: how far a transfer is, and names that were found. They would push out what is looked for. */
export function isChatter(entry: LogEntry): boolean {
  if (entry.type === "dns.answered") return entry.by !== "policy" && entry.rcode !== "SERVFAIL";
  return entry.type === "tftp.progress" || entry.type === "http.progress";
}

/** Picks the entries about the machine of this name or MAC; it must see all of them, in order. */
export function aboutMachine(wanted: string): (entry: LogEntry) => boolean {
  const mac = parseMac(wanted);
  const names = new Set([wanted.toLowerCase(), ...(mac === undefined ? [] : [mac])]);
  return (entry) => {
    // Only DHCP says both; from then on the name alone is enough.
    if (mac !== undefined && entry.machine !== undefined && "mac" in entry && entry.mac === mac) {
      names.add(entry.machine);
    }
    return entry.machine !== undefined && names.has(entry.machine);
  };
}
