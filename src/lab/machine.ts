import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { tied } from "../core/child.ts";
import { DrybootError } from "../core/errors.ts";
import type { Timeline } from "../core/timeline.ts";
import { Console, lastLines } from "./console.ts";
import type { BootFacts } from "./facts.ts";
import type { Key } from "./keyboard.ts";
import { bytesOfKey, keysFor, qcodeOfKey } from "./keyboard.ts";
import type { MachineSpec } from "./qemu-command.ts";
import { qemuCommand } from "./qemu-command.ts";
import { connectWithin, listenAtPath, listenAtPort, qemuEnded } from "./qemu-start.ts";
import { Qmp } from "./qmp.ts";
import { Display } from "./screen/display.ts";
import type { Screen } from "./screen/screen.ts";
import type { Place } from "./seat.ts";
import { Seat, viewOf } from "./seat.ts";
import { pressKeys, typeSlowly } from "./typing.ts";
import type { Wait, WaitContext } from "./wait.ts";
import { waitFor } from "./wait.ts";

/** Bounds of the steps of stopping, in milliseconds; with two commands that go unanswered their sum is 7 s. */
const stopping = { answer: 500, powerdown: 2000, quit: 1500, terminate: 1000, kill: 1500 } as const;

export interface MachineDeps extends WaitContext {
  timeline: Timeline<BootFacts>;
  laneName: string;
  /** Where the picture of its screen with that number is kept. */
  picture(number: number): string;
}

/** One virtual machine. It exists from QEMU's start, and runs from `powerOn`. */
export class Machine implements AsyncDisposable {
  readonly spec: MachineSpec;
  readonly console: Console;
  readonly display: Display;
  readonly #qmp: Qmp;
  readonly #process: ChildProcess;
  /** Resolves when QEMU has ended, however. */
  readonly exited: Promise<void>;
  readonly #deps: MachineDeps;
  /** How far in the console's text the last successful wait got: the next one only looks behind it. */
  #seen = 0;
  #disposed: Promise<void> | undefined;

  private constructor(parts: {
    spec: MachineSpec;
    console: Console;
    qmp: Qmp;
    process: ChildProcess;
    exited: Promise<void>;
    deps: MachineDeps;
  }) {
    this.spec = parts.spec;
    this.console = parts.console;
    this.#qmp = parts.qmp;
    this.#process = parts.process;
    this.exited = parts.exited;
    this.#deps = parts.deps;
    const { lane, memoryBytes } = parts.spec;
    this.display = new Display({
      ...{ machine: parts.spec.name, qmp: parts.qmp, file: parts.deps.picture },
      ...{ timeline: parts.deps.timeline },
      built: { firmware: lane.firmware, memoryBytes },
    });
  }

  get name(): string {
    return this.spec.name;
  }

  /** Starts QEMU with the machine paused; resolves when its console and QMP are connected. */
  static async start(spec: MachineSpec, deps: MachineDeps): Promise<Machine> {
    const { timeline, signal } = deps;
    signal.throwIfAborted();
    using listening = new DisposableStack();
    // We listen and QEMU connects: no race for its socket, and not a byte of the console lost.
    const qmpSocket = listening.use(await listenAtPath(spec.qmpSocket)).connection;
    const { port, ...console0 } = listening.use(await listenAtPort());

    const command = qemuCommand(spec, port);
    const [file = "", ...args] = command;
    // Should this process end without cleaning up, QEMU does not stay and keep the tap.
    const child = spawn(...tied(file, args), { stdio: ["ignore", "ignore", "pipe"] });
    let stderr = "";
    child.stderr.on("data", (data: Buffer) => {
      stderr = (stderr + data.toString()).slice(-4096);
    });
    const exited = new Promise<void>((resolve) => {
      child.once("error", (cause) => {
        stderr += cause.message;
        resolve();
      });
      // Not `exit`: its last words have been read then.
      child.once("close", (code, by) => {
        timeline.record("vm.exited", { machine: spec.name, code, signal: by, stderr: stderr.trim() });
        resolve();
      });
    });
    const started = async () => {
      const console = new Console(
        await console0.connection,
        () => timeline.now(),
        ({ bytes }) => timeline.record("console.output", { machine: spec.name, text: bytes }),
      );
      const qmp = await Qmp.negotiate(await qmpSocket, ({ event, data }) =>
        timeline.record("vm.event", { machine: spec.name, event, data }),
      );
      return { console, qmp };
    };
    const failed = exited.then(() => {
      throw qemuEnded(spec.name, stderr);
    });
    try {
      const connected = await Promise.race([started(), failed, connectWithin(10_000, signal, spec.name)]);
      timeline.record("vm.started", { machine: spec.name, pid: child.pid ?? 0, command });
      return new Machine({ spec, ...connected, process: child, exited, deps });
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  /** Lets the machine run: the zero of all its times. */
  async powerOn(): Promise<void> {
    this.#deps.timeline.record("vm.powered-on", { machine: this.name, lane: this.#deps.laneName });
    await this.#qmp.execute("cont");
  }

  /** Waits until the console says `pattern` behind what the last wait saw; fails at the first known sign of failure. */
  async sees(
    pattern: RegExp,
    deadlineText: string,
    options: { ignore?: readonly string[] } = {},
  ): Promise<RegExpExecArray> {
    const match = await waitFor(this, this.#deps, {
      what: `the console to show ${pattern}`,
      deadline: deadlineText,
      ...options,
      until: () => pattern.exec(this.console.text.slice(this.#seen)) ?? undefined,
    });
    this.#seen += match.index + match[0].length;
    return match;
  }

  /** Waits until the image is up and waits for a person, as `userlandReady` says of it. */
  async isUp(pattern: RegExp, deadlineText: string): Promise<void> {
    const [shows] = await this.sees(pattern, deadlineText);
    this.#deps.timeline.record("vm.ready", { machine: this.name, shows });
  }

  /** Waits until `until` gives a value; it is asked after every fact. */
  reaches<T>(
    what: string,
    until: () => T | undefined,
    deadlineText: string,
    options: { ignore?: readonly string[] } = {},
  ): Promise<T> {
    return waitFor(this, this.#deps, { what, until, deadline: deadlineText, ...options });
  }

  /** Types on the serial console. */
  types(text: string): void {
    this.#seen = this.console.text.length;
    this.console.write(text);
  }

  /** Answers a login prompt with a name that needs no password, and waits for the shell. */
  async logIn(name: string, deadlineText = "20s"): Promise<void> {
    this.types(`${name}\n`);
    await this.sees(/[#$] $/, deadlineText);
  }

  /** Runs a command in the shell on the serial console and returns what it printed. */
  async run(command: string, deadlineText = "20s"): Promise<string> {
    // Marks are split in what is typed, so that the terminal's echo of it, wrapped or not, is not taken for them.
    const id = this.console.text.length.toString(36);
    this.types(`echo "beg""in-${id}"; ${command}; echo "en""d-${id}:$?"\n`);
    const between = new RegExp(`\\nbegin-${id}\\n([\\s\\S]*?)end-${id}:(\\d+)\\n`);
    const [said = "", output = "", status] = await this.sees(between, deadlineText);
    if (status === "0") return output.trim();
    throw new DrybootError(`\`${command}\` on ${this.name} ended with ${status}`, {
      code: "GUEST_COMMAND_FAILED",
      where: `${this.name}, serial console`,
      evidence: lastLines(said, 5),
      hint: "read its console.log in the run's folder",
    });
  }

  /** Types on the machine's own keyboard, as a person in front of its screen would. */
  async presses(text: string): Promise<void> {
    for (const keys of keysFor(text)) await pressKeys(this.#qmp, keys, this.#deps.signal);
  }

  /** The machine as a person at one of its two consoles has it. */
  at(place: Place): Seat {
    const parts = { machine: this.name, place };
    const waits = <T>(wait: Wait<T>) => waitFor(this, this.#deps, wait);
    if (place === "display") {
      return new Seat({
        ...{ ...parts, waits, ...viewOf(this.display) },
        types: (text) => this.presses(text),
        hits: (key) => pressKeys(this.#qmp, [qcodeOfKey(key)], this.#deps.signal),
      });
    }
    const line = {
      write: (bytes: string) => this.types(bytes),
      follow: (reader: () => void) => this.console.follow(reader),
    };
    return new Seat({
      ...{ ...parts, waits },
      look: () => this.console.screen(),
      follow: (onLook) => this.console.followScreen(onLook),
      types: (text) => typeSlowly(line, text, this.#deps.signal),
      hits: (key: Key) => typeSlowly(line, [bytesOfKey(key)], this.#deps.signal),
    });
  }

  /** What its own screen shows, as text. */
  screen(): Promise<Screen> {
    return this.at("display").screen();
  }

  /** Waits until its own screen shows `pattern`. */
  screenShows(...[pattern, deadline, options]: Parameters<Seat["shows"]>): Promise<Screen> {
    return this.at("display").shows(pattern, deadline, options);
  }

  /** Part of its memory, by physical address. */
  memory(begin: number, sizeBytes: number): Promise<Buffer> {
    return this.display.memory(begin, sizeBytes);
  }

  /** Saves what the machine's screen shows as PNG. */
  async screenshot(file: string): Promise<void> {
    await this.#qmp.execute("screendump", { filename: file, format: "png" });
    this.#deps.timeline.record("screen.saved", { machine: this.name, file });
  }

  /** A QMP command that takes no arguments. */
  async query<T>(command: string): Promise<T> {
    return this.#qmp.execute<T>(command);
  }

  /** Asks the guest to power off, then QEMU to quit, then ends it: each step bounded, all under 8 s. */
  async stop(): Promise<void> {
    await this.#ask("system_powerdown");
    const off = () =>
      this.#deps.timeline
        .facts("vm.event")
        .some((fact) => fact.machine === this.name && fact.event === "SHUTDOWN");
    const until = performance.now() + stopping.powerdown;
    while (!off() && !this.#gone() && performance.now() < until) await sleep(50);
    await this[Symbol.asyncDispose]();
  }

  /** A diskless guest loses nothing by having its power cut: quit, terminate, kill. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#end();
    return this.#disposed;
  }

  async #end(): Promise<void> {
    if (!this.#gone()) await this.#ask("quit");
    if (!(await this.#exitsWithin(stopping.quit))) {
      this.#process.kill("SIGTERM");
      if (!(await this.#exitsWithin(stopping.terminate))) {
        this.#process.kill("SIGKILL");
        await this.#exitsWithin(stopping.kill);
      }
    }
    this.#qmp[Symbol.dispose]();
    this.console[Symbol.dispose]();
  }

  #gone(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  async #ask(command: string): Promise<void> {
    // A QEMU that hangs or is already gone is the next step's business.
    await this.#qmp.execute(command, {}, stopping.answer).catch(() => {});
  }

  async #exitsWithin(ms: number): Promise<boolean> {
    const giveUp = new AbortController();
    const timer = sleep(ms, undefined, { signal: giveUp.signal }).catch(() => {});
    await Promise.race([this.exited, timer]);
    giveUp.abort();
    return this.#gone();
  }
}
