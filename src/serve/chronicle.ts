import type { Timeline } from "../core/timeline.ts";
import { Attribution } from "./attribution.ts";
import { FactLog } from "./fact-log.ts";
import type { LiveFacts } from "./facts.ts";
import { LiveView } from "./live-view.ts";
import type { LogEntry } from "./log-entry.ts";
import { isChatter } from "./log-entry.ts";

/** The facts of a server as entries: of which machine, at what time. Kept in files, told to who follows, and summed up. */
export class Chronicle implements AsyncDisposable {
  readonly attribution = new Attribution();
  readonly view = new LiveView();
  readonly began: Date;
  readonly #timeline: Timeline<LiveFacts>;
  readonly #subscription: Disposable;
  readonly #followers = new Set<(entry: LogEntry) => void>();
  #log: FactLog | undefined;
  /** What happens before there is a file to write it to. */
  #early: LogEntry[] = [];

  /** `show` is given every entry, also those that are too many to keep. */
  constructor(timeline: Timeline<LiveFacts>, show: (entry: LogEntry) => void) {
    this.#timeline = timeline;
    const began = Date.now() - timeline.now();
    this.began = new Date(began);
    this.#subscription = timeline.subscribe((fact) => {
      const machine = this.attribution.machineOf(fact);
      const time = new Date(began + fact.at).toISOString();
      const entry: LogEntry = { time, ...fact, ...(machine === undefined ? {} : { machine }) };
      this.view.feed(entry);
      show(entry);
      if (!isChatter(entry)) this.#keep(entry);
    });
  }

  /** From its first entry on, everything is in the folder's log. */
  async openLog(folder: string): Promise<void> {
    this.#log = await FactLog.open(folder, {
      onTrouble: (problem) =>
        this.#timeline.record("serve.warned", { problem: `the log: ${problem}`, next: `look at ${folder}` }),
    });
    for (const entry of this.#early.splice(0)) this.#log.write(entry);
  }

  /** Resolves when all that happened so far is in the log's files. */
  async flush(): Promise<void> {
    await this.#log?.flush();
  }

  /** Told from now on of every entry that is kept. */
  subscribe(follower: (entry: LogEntry) => void): Disposable {
    this.#followers.add(follower);
    return { [Symbol.dispose]: () => void this.#followers.delete(follower) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#subscription[Symbol.dispose]();
    await this.#log?.[Symbol.asyncDispose]();
  }

  #keep(entry: LogEntry): void {
    if (this.#log) this.#log.write(entry);
    else this.#early.push(entry);
    for (const follower of this.#followers) follower(entry);
  }
}
