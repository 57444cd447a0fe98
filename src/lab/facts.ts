import type { NetbootFacts } from "../facts.ts";
import type { ForeignReply } from "./foreign-dhcp-command.ts";

/** What the lab itself reports. `machine` is the name in the site file. */
export interface LabFacts {
  "lab.opened": { site: string; folder: string };
  /** What happened from here on is not written down: the run goes on without its record. */
  "trace.cut": { folder: string; reason: string };
  /** The stand-in for the DHCP server that a proxy stands beside, and what its log says that it sent. */
  "foreign-dhcp.started": { program: string; server: string };
  "foreign-dhcp.sent": ForeignReply & { server: string };
  "vm.started": { machine: string; pid: number; command: readonly string[] };
  /** QMP `cont`: the zero of every time of a boot. */
  "vm.powered-on": { machine: string; lane: string };
  /** A QMP event, as QEMU sends it; `readQmpEvent` reads those that decide something. */
  "vm.event": { machine: string; event: string; data: Readonly<Record<string, unknown>> };
  /** The console shows that the image waits for a person: a login prompt, an installer's first question. */
  "vm.ready": { machine: string; shows: string };
  "vm.exited": { machine: string; code: number | null; signal: string | null; stderr: string };
  /** Bytes of the serial console, one character per byte. */
  "console.output": { machine: string; text: string };
  "screen.saved": { machine: string; file: string };
  /** It says something else than at the last look: `text` is what can be read of it. */
  "screen.changed": { machine: string; file: string; width: number; height: number; text: string };
  "screen.resized": { machine: string; from: ScreenSize; to: ScreenSize };
  /** A screen was held against its reference; where it differs, the three pictures are in the run's folder. */
  "screen.compared": {
    machine: string;
    reference: string;
    differentPixels: number;
    pictures?: { expected: string; actual: string; difference?: string };
  };
  "step.started": { step: string };
  "step.passed": { step: string; tookMs: number };
  "step.failed": { step: string; error: string };
  /** A sign of failure was seen while a wait was on. */
  "sentinel.seen": { machine: string; sentinel: string; evidence: string };
}

interface ScreenSize {
  width: number;
  height: number;
}

/** One timeline for everything: what the servers report, and what the lab does. */
export interface BootFacts extends NetbootFacts, LabFacts {}
