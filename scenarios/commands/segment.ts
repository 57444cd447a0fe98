import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { tied } from "../../src/core/child.ts";

const project = resolve(import.meta.dirname, "../..");

/** Why there can be no segment here; undefined when there can. */
export function whyNoSegment(): string | undefined {
  if (process.getuid?.() !== 0) return "only root can join two namespaces by a cable";
  try {
    sweep();
    using _segment = new Segment();
    return undefined;
  } catch (error) {
    return `no namespaces: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`;
  }
}

/** Where this machine has a program, if it has it. */
export function programAt(...places: string[]): string | undefined {
  return places.find((place) => existsSync(place));
}

/** Takes away the hosts of test runs that were killed before they could: their names begin with a process that is gone. */
function sweep(): void {
  for (const line of ip("netns list").split("\n")) {
    const [, host, pid] = /^(dryboot-(\d+)-\d+-[sc])(?: |$)/.exec(line) ?? [];
    if (host === undefined || existsSync(`/proc/${pid}`)) continue;
    try {
      ip(`netns del ${host}`);
    } catch {
      // Another run took it away just now.
    }
  }
}

let made = 0;

/**
 * Two throw-away hosts and a cable between them: `server` with an address, `client` with a card of ours and none. Both
 * are network namespaces, so nothing that is said there is heard elsewhere.
 */
export class Segment implements Disposable {
  readonly server: string;
  readonly client: string;
  readonly interface = "lan0";
  readonly clientInterface = "eth0";
  readonly mac = "52:54:00:69:00:0a";
  /** For state, sites and scripts; another user may look into it. */
  readonly folder: string;
  readonly #running = new Set<Running>();

  constructor() {
    made += 1;
    const name = `dryboot-${process.pid}-${made}`;
    this.server = `${name}-s`;
    this.client = `${name}-c`;
    this.folder = mkdtempSync(join(tmpdir(), "dryboot-serve-"));
    try {
      ip(`netns add ${this.server}`);
      ip(`netns add ${this.client}`);
      ip(
        `-n ${this.server} link add ${this.interface} type veth peer name ${this.clientInterface} netns ${this.client} address ${this.mac}`,
      );
      ip(`-n ${this.server} link set lo up`);
      ip(`-n ${this.server} addr add 10.69.0.1/24 dev ${this.interface}`);
      ip(`-n ${this.server} link set ${this.interface} up`);
      ip(`-n ${this.client} link set ${this.clientInterface} up`);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Starts a program on a host; what still runs at the end is killed. */
  start(host: string, command: readonly string[]): Running {
    const running = new Running(["ip", "netns", "exec", host, ...command]);
    this.#running.add(running);
    return running;
  }

  /** `dryboot` on the server's side, as plain Node runs it. */
  dryboot(...args: readonly string[]): Running {
    return this.start(this.server, [process.execPath, join(project, "src/cli/main.ts"), ...args]);
  }

  /** `dryboot serve` of a site file, with state in this segment's folder. */
  serve(site: string, ...flags: readonly string[]): Running {
    return this.dryboot("serve", site, "--interface", this.interface, "--state", this.state, ...flags);
  }

  get state(): string {
    return join(this.folder, "state");
  }

  /** A site file that another user can read; written again, it is the changed one. */
  async site(site: object | string): Promise<string> {
    const path = join(this.folder, "site.json");
    await chmod(this.folder, 0o755);
    await writeFile(path, typeof site === "string" ? site : JSON.stringify({ name: "here", ...site }));
    return path;
  }

  [Symbol.dispose](): void {
    for (const running of this.#running) running.kill();
    for (const host of [this.server, this.client]) {
      try {
        ip(`netns del ${host}`);
      } catch {
        // It was never made.
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A program that runs, and what it has printed. */
export class Running {
  output = "";
  readonly pid: number;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #waiting = new Set<() => void>();
  #over = false;

  constructor([file = "", ...args]: readonly string[]) {
    // Should Vitest end without cleaning up, as after Ctrl-C, the kernel does.
    const [command, commandArgs] = tied(file, args);
    const child = spawn(command, commandArgs, { stdio: ["ignore", "pipe", "pipe"] });
    this.pid = child.pid ?? 0;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.output += text;
        for (const look of this.#waiting) look();
      });
    }
    this.ended = once(child, "close").then(([code, signal]: (number | string | null)[]) => {
      this.#over = true;
      for (const look of this.#waiting) look();
      return code ?? signal ?? "";
    });
  }

  /** Resolves with where a sign in its output ends; it is looked for from `from` on. */
  async says(sign: RegExp, from = 0, withinMs = 20_000): Promise<number> {
    let look = () => {};
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<number>((resolve, reject) => {
        const fail = (why: string) => reject(new Error(`${sign} was not said ${why}:\n${this.output}`));
        look = () => {
          const found = sign.exec(this.output.slice(from));
          if (found) resolve(from + found.index + found[0].length);
          else if (this.#over) fail("before it ended");
        };
        this.#waiting.add(look);
        timer = setTimeout(() => fail(`within ${withinMs} ms`), withinMs);
        look();
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(look);
    }
  }

  signal(name: NodeJS.Signals): void {
    if (!this.#over) process.kill(this.pid, name);
  }

  kill(): void {
    this.signal("SIGKILL");
  }
}

function ip(words: string): string {
  return execFileSync("ip", words.split(" "), { stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
}
