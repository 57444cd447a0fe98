import { spawn } from "node:child_process";
import { once } from "node:events";
import { readlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { run, tied } from "../src/core/child.ts";

const clientSide = "bench-clients";

/** A network of its own for the clients of a bench. */
export interface ClientNetwork extends AsyncDisposable {
  /** For `nsenter --net=`. */
  readonly path: string;
  /** Runs `ip` there. */
  ip(words: string): Promise<unknown>;
}

/** Makes it, and a cable from `server`, an address on an interface of ours, to `clients` there; both with prefix length. */
export async function openClientNetwork(ends: {
  interface: string;
  server: string;
  clients: string;
}): Promise<ClientNetwork> {
  const [file, args] = tied("unshare", ["--net", "sleep", "infinity"]);
  const holder = spawn(file, args, { stdio: "ignore" });
  const ended = once(holder, "close");
  const path = `/proc/${holder.pid}/ns/net`;
  const ours = await readlink("/proc/self/ns/net");
  for (let n = 0; (await readlink(path).catch(() => ours)) === ours; n += 1) {
    if (n > 500) throw new Error("unshare made no network namespace within 5 s");
    await sleep(10);
  }
  const ip = (words: string) => run("ip", words.split(" "));
  const there = (words: string) => run("nsenter", [`--net=${path}`, "ip", ...words.split(" ")]);
  await ip(`link add ${ends.interface} type veth peer name ${clientSide}`);
  await ip(`link set ${clientSide} netns ${holder.pid}`);
  await ip(`address add ${ends.server} dev ${ends.interface}`);
  await ip(`link set ${ends.interface} up`);
  await there(`address add ${ends.clients} dev ${clientSide}`);
  await there(`link set ${clientSide} up`);
  return {
    path,
    ip: there,
    async [Symbol.asyncDispose]() {
      holder.kill("SIGKILL");
      await ended;
    },
  };
}
