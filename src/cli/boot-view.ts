import { styleText } from "node:util";
import { printable } from "../core/printable.ts";
import type { Fact } from "../core/timeline.ts";
import { formatSize } from "../core/units.ts";
import { describeFact } from "../lab/describe-fact.ts";
import type { BootFacts } from "../lab/facts.ts";
import type { PhaseName, RoleOf, TracedMachine } from "../trace/phase.ts";
import { PhaseTracker } from "../trace/phase-tracker.ts";
import type { Terminal } from "./terminal.ts";

/** How many lines of the console the live block shows. */
const consoleLines = 6;
/** The clock in the live block moves although nothing happens; more often than this only flickers. */
const repaintMs = 200;
const barWidth = 30;

/** Shows one machine's boot while it happens: a line per step that stays, and below it what goes on right now. */
export class BootView implements Disposable {
  #terminal: Terminal | undefined;
  readonly #machine: TracedMachine;
  readonly #tracker: PhaseTracker;
  readonly #lastLines: () => readonly string[];
  #zero: number | undefined;
  #shown: PhaseName | undefined;
  #transfer: { file: string; sentBytes: number; sizeBytes: number } | undefined;
  readonly #repainting: NodeJS.Timeout | undefined;
  readonly #now: () => number;

  /** Without a terminal it only follows the phases. `lastLines` reads the machine's console, `now` the timeline's clock. */
  constructor(
    terminal: Terminal | undefined,
    machine: TracedMachine,
    roleOf: RoleOf,
    read: { lastLines(count: number): readonly string[]; now(): number },
  ) {
    this.#terminal = terminal;
    this.#machine = machine;
    this.#tracker = new PhaseTracker(machine, roleOf);
    this.#lastLines = () => read.lastLines(consoleLines);
    this.#now = () => read.now();
    if (terminal?.isTTY) this.#repainting = setInterval(() => this.#repaint(terminal), repaintMs);
  }

  /** The phase the boot is in. */
  get phase(): PhaseName {
    return this.#tracker.current()?.phase ?? "power-on";
  }

  show(fact: Fact<BootFacts>): void {
    const phase = this.#tracker.feed(fact);
    if (fact.type === "vm.powered-on" && fact.machine === this.#machine.name) this.#zero = fact.at;
    if (fact.type === "http.progress" || fact.type === "tftp.progress") {
      if (phase !== undefined) this.#transfer = { ...fact, file: "path" in fact ? fact.path : fact.file };
    } else if (isWorthALine(fact)) {
      this.#transfer = undefined;
      this.#line(fact);
    } else if (this.phase !== this.#shown && this.#zero !== undefined) {
      // Some phases begin on the console, which is no line of its own.
      this.#line(fact);
    }
  }

  /** Shows nothing more: what follows is somebody else's output. It goes on following the phases. */
  end(): void {
    clearInterval(this.#repainting);
    this.#terminal?.live([]);
    this.#terminal = undefined;
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #line(fact: Fact<BootFacts>): void {
    const { phase } = this;
    const name = phase === this.#shown ? "" : phase;
    this.#shown = phase;
    const says =
      fact.type === "console.output" ? (this.#lastLines().at(-1) ?? "").trim() : describeFact(fact);
    const time = this.#time(fact.at);
    this.#terminal?.out(`${time}  ${styleText("bold", name.padEnd(13))} ${printable(says, 120)}`);
  }

  #time(at: number): string {
    return `${((at - (this.#zero ?? at)) / 1000).toFixed(2).padStart(7)} s`;
  }

  #repaint(terminal: Terminal): void {
    if (this.#zero === undefined) return;
    const { columns } = terminal;
    const fitted = (line: string) => printable(line, columns - 1);
    const now = `${this.#time(this.#now())}  ${this.phase.padEnd(13)} ${this.#transfer ? progressBar(this.#transfer) : ""}`;
    const console = this.#lastLines().map((line) => styleText("dim", fitted(`          │ ${line}`)));
    terminal.live([fitted(now), ...console]);
  }
}

function isWorthALine(fact: Fact<BootFacts>): boolean {
  switch (fact.type) {
    case "dhcp.received":
      // The offer or the reason for silence follows at once, and says as much.
      return false;
    case "dhcp.sent":
    case "dhcp.silent":
    case "foreign-dhcp.sent":
    case "tftp.sent":
    case "tftp.failed":
    case "http.sent":
    case "http.failed":
    case "machine.ready":
    case "vm.ready":
    case "vm.powered-on":
    case "vm.exited":
    case "sentinel.seen":
      return true;
    default:
      return false;
  }
}

function progressBar({
  file,
  sentBytes,
  sizeBytes,
}: {
  file: string;
  sentBytes: number;
  sizeBytes: number;
}): string {
  const share = sizeBytes === 0 ? 1 : sentBytes / sizeBytes;
  const full = Math.round(share * barWidth);
  const bar = "█".repeat(full) + "░".repeat(barWidth - full);
  return `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${formatSize(sentBytes)} of ${formatSize(sizeBytes)}  ${file}`;
}
