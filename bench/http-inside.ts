/** The part of `bench/http.ts` that runs inside fresh namespaces: one server under one load of wrk's. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../src/core/child.ts";
import { nginxConfig } from "./foreign-config.ts";
import { startPeer } from "./peer.ts";

export type HttpServerName = "dryboot" | "nginx";
export type HttpJob = Readonly<{
  folder: string;
  root: string;
  server: HttpServerName;
  file: string;
  connections: number;
  seconds: number;
  hotBytes: number;
}>;
/** `peakBytes` is the most memory the server's process ever held. */
export type HttpResult = Readonly<{ requests: number; bytes: number; errors: number; peakBytes: number }>;

/** More descriptors than the usual 1,024, for whoever is started through it. */
const roomy = ["sh", "-c", 'ulimit -n 8192; exec "$@"', "sh"];

export async function inside(job: HttpJob, signal: AbortSignal): Promise<number> {
  await run("ip", ["link", "set", "lo", "up"], { signal });
  const { command, sign } = await starting(job);
  await using peer = await startPeer([...roomy, ...command], {
    ...{ sign, log: join(job.folder, "server.log"), signal },
  });
  const url = `http://127.0.0.1:80/${job.file}`;
  // Once unmeasured: page cache, our own cache, and the engine's first compilations.
  await load(url, { ...job, seconds: 1 }, signal);
  const measured = await load(url, job, signal);
  const status = await readFile(`/proc/${peer.pid}/status`, "utf8");
  const peakBytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  await writeFile(join(job.folder, "result.json"), JSON.stringify({ ...measured, peakBytes }));
  return 0;
}

async function starting({ server, folder, root, hotBytes }: HttpJob) {
  if (server === "dryboot") {
    const entry = join(import.meta.dirname, "http-server.ts");
    return { command: [process.execPath, entry, root, "80", String(hotBytes)], sign: /^ready/ };
  }
  const config = join(folder, "nginx.conf");
  await writeFile(config, nginxConfig("127.0.0.1", { root, scratch: folder, connections: 4096 }));
  return { command: ["nginx", "-c", config, "-p", folder], sign: /event method/ };
}

/** Requests and bytes per second, as wrk counts them. */
async function load(
  url: string,
  { connections, seconds }: Pick<HttpJob, "connections" | "seconds">,
  signal: AbortSignal,
): Promise<Omit<HttpResult, "peakBytes">> {
  const wrk = ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "30s", url];
  const [file = "", ...args] = [...roomy, ...wrk];
  return readWrk(await run(file, args, { signal, timeoutMs: (seconds + 60) * 1000 }));
}

const units: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

export function readWrk(report: string): Omit<HttpResult, "peakBytes"> {
  const [, requests = "0"] = /^Requests\/sec:\s+([\d.]+)/m.exec(report) ?? [];
  const [, amount = "0", unit = ""] = /^Transfer\/sec:\s+([\d.]+)([KMG]?)B/m.exec(report) ?? [];
  const [, ...socket] = /connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report) ?? [];
  const [, status = "0"] = /Non-2xx or 3xx responses: (\d+)/.exec(report) ?? [];
  const errors = [...socket, status].reduce((sum, count) => sum + Number(count), 0);
  return { requests: Number(requests), bytes: Number(amount) * (units[unit] ?? 1), errors };
}
