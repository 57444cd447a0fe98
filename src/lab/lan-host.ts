import { spawn } from "node:child_process";
import { once } from "node:events";
import { run, tied } from "../core/child.ts";
import { DrybootError } from "../core/errors.ts";

/** The one network card of a host on the segment, as its programs see it. */
export const hostInterface = "eth0";

const hint = "run `./dryboot doctor`: it tries namespaces one by one and says what forbids them";

/**
 * A host on the lab's segment that is no virtual machine: a network namespace for programs of this machine, on a cable
 * to the bridge. In a mount namespace with an empty /run, so that it keeps nothing and finds nobody else's state.
 */
export class LanHost implements AsyncDisposable {
  readonly pid: number;
  readonly #stop: () => Promise<void>;

  private constructor(pid: number, stop: () => Promise<void>) {
    this.pid = pid;
    this.#stop = stop;
  }

  /** A host without a cable; `Network.plugIn` gives it one. */
  static async open(): Promise<LanHost> {
    // It lives as long as its input is open, so it ends with us even where `tied` is of no use; and what it is told, it
    // says once it is in its namespaces.
    const [file, args] = tied("unshare", ["--net", "--mount", "--", "cat"]);
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
    const ended = once(child, "close").catch(() => {});
    const stop = async () => {
      child.kill("SIGKILL");
      await ended;
    };
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.stdin.on("error", () => {}); // it is gone, and `ended` says so
    child.stdin.write("there\n");
    const there = once(child.stdout, "data").then(() => true);
    if (!(await Promise.race([there, ended.then(() => false)]))) {
      throw new DrybootError(`cannot make a host for the lab's segment: ${said.trim() || "unshare ended"}`, {
        code: "NAMESPACE_FORBIDDEN",
        where: "unshare --net --mount",
        hint,
      });
    }
    const host = new LanHost(child.pid ?? 0, stop);
    try {
      await host.run("mount", ["-t", "tmpfs", "-o", "mode=0755", "dryboot", "/run"]);
      await host.run("ip", ["link", "set", "lo", "up"]);
      return host;
    } catch (error) {
      await stop();
      throw error;
    }
  }

  /** The words that run a program on it. */
  command(file: string, args: readonly string[] = []): [string, ...string[]] {
    return ["nsenter", "--target", String(this.pid), "--net", "--mount", "--", file, ...args];
  }

  /** Runs a program on it to its end. */
  run(file: string, args: readonly string[]): Promise<string> {
    const [entering, ...words] = this.command(file, args);
    return run(entering, words, { hint });
  }

  /** Programs on it are their starters' to end. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#stop();
  }
}
