/** The part of `bench/dhcp.ts` that runs inside fresh namespaces: one server under one load. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../src/core/child.ts";
import { journalFile } from "../src/dhcp/lease-file.ts";
import { encodeRecord, journalHeader } from "../src/dhcp/lease-record.ts";
import { formatIpv4, ipv4Number } from "../src/wire/ipv4.ts";
import { openClientNetwork } from "./client-network.ts";
import type { ServerName } from "./dhcp-servers.ts";
import { dryboot, network, servers } from "./dhcp-servers.ts";
import { processCpuMs } from "./noise.ts";
import { startPeer } from "./peer.ts";
import type { PerfResult } from "./perfdhcp.ts";
import { readPerfdhcp } from "./perfdhcp.ts";

export type DhcpJob = Readonly<
  { folder: string } & (
    | {
        server: ServerName;
        rate: number;
        clients: number;
        seconds: number;
        /** The server sees none of them before. */
        isNew: boolean;
        /** Of our own server, a CPU profile beside its log. */
        profiled: boolean;
      }
    | { storedLeases: number }
  )
>;

/** `cpuUs` is the server's processor time for each completed exchange. */
export type DhcpResult = PerfResult & { cpuUs: number };

/** What our server says of itself when it is ready. */
export interface Ready {
  durationMs: number;
  leases: number;
  heapBytes: number;
}

export async function inside(job: DhcpJob, signal: AbortSignal): Promise<number> {
  const result = "server" in job ? await underLoad(job, signal) : await ofStore(job, signal);
  await writeFile(join(job.folder, "result.json"), JSON.stringify(result));
  return 0;
}

async function underLoad(job: Extract<DhcpJob, { server: ServerName }>, signal: AbortSignal) {
  const { folder, rate, clients, seconds, isNew, profiled } = job;
  await using clientNetwork = await openClientNetwork({
    interface: network.interface,
    server: `${network.server}/16`,
    clients: `${network.relay}/16`,
  });
  const { command, sign } = await servers[job.server](folder, profiled);
  await using peer = await startPeer(command, { sign, log: join(folder, "server.log"), signal });
  const perfdhcp = async (...flags: (string | number)[]) => {
    const command = ["perfdhcp", "-4", ...flags.map(String), "-x", "t", "-l", network.relay, network.server];
    return await tolerantly(["nsenter", `--net=${clientNetwork.path}`, ...command], signal);
  };
  // A server runs for months: its first seconds, of code that was never run before, are not what is measured.
  await perfdhcp(
    "-r",
    warmUp.rate,
    "-R",
    isNew ? warmUp.clients : clients,
    "-p",
    warmUp.seconds,
    ...(isNew ? warmUp.others : []),
  );
  const cpuBefore = await processCpuMs(peer.pid);
  const report = await perfdhcp("-r", rate, "-R", clients, "-p", seconds, ...untilAnswered);
  await writeFile(join(folder, "perfdhcp.txt"), report);
  const cpuMs = (await processCpuMs(peer.pid)) - cpuBefore;
  const result = readPerfdhcp(report, seconds);
  return { ...result, cpuUs: (1000 * cpuMs) / Math.max(1, result.rate * seconds) } satisfies DhcpResult;
}

const warmUp = { rate: 500, seconds: 3, clients: 1000, others: ["-b", "mac=02:00:00:00:00:00"] };
/** Microseconds that it listens for after its last question: answers on their way are no drops. */
const untilAnswered = ["-W", "1000000"];

/** How fast stored leases are loaded, and what each costs in memory: the same server with and without them. */
async function ofStore(
  { folder, storedLeases }: Extract<DhcpJob, { storedLeases: number }>,
  signal: AbortSignal,
) {
  const first = ipv4Number("10.80.0.0");
  let content = journalHeader;
  for (let n = 0; n < storedLeases; n += 1) {
    const mac = `52:54:00:${[n >> 16, (n >> 8) & 255, n & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
    const lease = { mac, client: `1/${mac}`, state: "bound", until: 2e12, hostName: `machine-${n}` } as const;
    content += encodeRecord({ ...lease, address: formatIpv4(first + n) });
  }
  await writeFile(journalFile(folder), content);
  const log = join(folder, "server.log");
  const peer = await startPeer(dryboot(folder, "127.0.0.1"), { sign: /^ready: .*\n/, log, signal });
  await peer[Symbol.asyncDispose]();
  return JSON.parse((await readFile(log, "utf8")).replace(/^ready: /, "")) as Ready;
}

/** perfdhcp ends with 3 when anything was dropped, which is a result. */
async function tolerantly(command: readonly string[], signal: AbortSignal): Promise<string> {
  return await run("sh", ["-c", '"$@"; [ $? -le 3 ]', "sh", ...command], { signal, timeoutMs: 60_000 });
}
