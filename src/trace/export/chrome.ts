import { parseMac } from "../../wire/mac.ts";
import { roleByName } from "../file-roles.ts";
import type { TracedMachine } from "../phase.ts";
import { phasesOf } from "../phases.ts";
import type { Trace, TracedFact } from "../read-trace.ts";

/** One row of the "Trace Event Format" that Chrome's tracing and Perfetto read; times in microseconds. */
export type ChromeEvent = Readonly<{
  name: string;
  cat: string;
  ph: "X" | "i" | "M";
  ts: number;
  dur?: number;
  pid: number;
  tid: number;
  s?: "t";
  args?: Readonly<Record<string, unknown>>;
}>;

const rows = { phases: 1, dhcp: 2, tftp: 3, http: 4, steps: 5 } as const;
type Row = keyof typeof rows;

/** A trace as Chrome's tracing and Perfetto show one: phases of each machine, what was fetched, and what DHCP said. */
export function chromeTraceOf(trace: Trace): { traceEvents: ChromeEvent[] } {
  const machines = machinesIn(trace);
  const events = [
    ...machines.flatMap((machine, index) => phases(trace, machine, index + 1)),
    ...served(trace),
  ];
  const names = [
    nameOf("process_name", 0, 0, "servers and steps"),
    ...machines.map(({ name }, index) => nameOf("process_name", index + 1, 0, name)),
    ...Object.entries(rows).map(([row, tid]) => nameOf("thread_name", 0, tid, row)),
  ];
  return { traceEvents: [...names, ...events] };
}

/** Those that were switched on, with the MAC that their record says, or that asked by their side. */
export function machinesIn({ facts, about }: Trace): TracedMachine[] {
  const names = new Set(facts.flatMap((fact) => (fact.type === "vm.powered-on" ? [fact.machine] : [])));
  return [...names].map((name) => ({ name, mac: macOf(name, facts, about) }));
}

function macOf(name: string, facts: readonly TracedFact[], about: Trace["about"]): string {
  const { machine } = about as { machine?: { name?: unknown; mac?: unknown } };
  if (machine?.name === name && typeof machine.mac === "string") return parseMac(machine.mac) ?? "";
  const started = facts.find((fact) => fact.type === "vm.started" && fact.machine === name);
  const command = started?.type === "vm.started" ? started.command.join(" ") : "";
  return parseMac(/\bmac=([0-9a-fA-F:]{17})/.exec(command)?.[1] ?? "") ?? "";
}

function phases({ facts }: Trace, machine: TracedMachine, pid: number): ChromeEvent[] {
  const last = facts.at(-1)?.at ?? 0;
  return phasesOf(facts, machine, roleByName).map(({ phase, startMs, endMs = last, source, problem }) => ({
    ...span("phases", phase, startMs, endMs, { source, ...(problem === undefined ? {} : { problem }) }),
    pid,
  }));
}

function served({ facts }: Trace): ChromeEvent[] {
  return facts.flatMap((fact): ChromeEvent[] => {
    switch (fact.type) {
      case "http.sent":
        return [span("http", `${fact.status} ${fact.path}`, fact.at - fact.durationMs, fact.at, { ...fact })];
      case "tftp.sent":
        return [span("tftp", fact.file, fact.at - fact.durationMs, fact.at, { ...fact })];
      case "step.passed":
        return [span("steps", fact.step, fact.at - fact.tookMs, fact.at, {})];
      case "dhcp.received":
      case "dhcp.sent":
        return [moment("dhcp", fact.messageType, fact)];
      case "dhcp.silent":
        return [moment("dhcp", `silent: ${fact.reason}`, fact)];
      case "http.failed":
        return [moment("http", `failed: ${fact.path}`, fact)];
      case "tftp.failed":
        return [moment("tftp", `failed: ${fact.file}`, fact)];
      default:
        return [];
    }
  });
}

function span(
  row: Row,
  name: string,
  fromMs: number,
  toMs: number,
  args: Readonly<Record<string, unknown>>,
): ChromeEvent {
  const dur = Math.max(0, toMs - fromMs) * 1000;
  return { name, cat: row, ph: "X", ts: fromMs * 1000, dur, pid: 0, tid: rows[row], args };
}

function moment(row: Row, name: string, fact: TracedFact): ChromeEvent {
  return { name, cat: row, ph: "i", s: "t", ts: fact.at * 1000, pid: 0, tid: rows[row], args: { ...fact } };
}

function nameOf(kind: "process_name" | "thread_name", pid: number, tid: number, name: string): ChromeEvent {
  return { name: kind, cat: "__metadata", ph: "M", ts: 0, pid, tid, args: { name } };
}
