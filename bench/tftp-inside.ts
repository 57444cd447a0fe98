/** The part of `bench/tftp.ts` that runs inside fresh namespaces: one server, and one client fetching one file. */
import { stat, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { run } from "../src/core/child.ts";
import { startPeer } from "./peer.ts";
import type { ServerName } from "./tftp-servers.ts";
import { serverAddress, servers } from "./tftp-servers.ts";

export type TftpJob = Readonly<{
  folder: string;
  /** Holds `file`, and nothing else is served. */
  files: string;
  server: ServerName;
  blksize: number;
  windowsize: number;
  /** Every hundredth packet towards the client is lost. */
  loss: boolean;
  /** So many clients at once instead of one. */
  crowd: number;
}>;

/** The rate of every transfer that arrived whole within the time there is, and how many did not. */
export type TftpResult = Readonly<{ bytesPerSecond: readonly number[]; failed: number }>;

const timeoutMs = 30_000;
const crowdTimeoutMs = 120_000;

/** Servers that are silent when they are ready (or say half a line): whoever holds port 69 (hexadecimal 45) is. */
const sayingWhen = `(for i in $(seq 100); do grep -q ':0045 ' /proc/net/udp && break; sleep 0.05; done; echo port-69-is-held) & exec "$@"`;

export async function inside(job: TftpJob, signal: AbortSignal): Promise<number> {
  const { folder, files } = job;
  await run("ip", ["link", "set", "lo", "up"]);
  if (job.loss) await loseTowardsClient();
  const command = [...onProcessor(0), "sh", "-c", sayingWhen, "sh", ...servers[job.server](files)];
  const log = join(folder, "server.log");
  await using _server = await startPeer(command, { sign: /port-69-is-held/, log, signal });
  const result = job.crowd > 1 ? await fetchInCrowd(job, signal) : await fetchAlone(job, signal);
  await writeFile(join(folder, "result.json"), JSON.stringify(result));
  return 0;
}

/**
 * Server and client each on a processor of its own, as they are on a network: on the same one, a packet costs a third,
 * and the scheduler puts them there for some runs and not for others.
 */
const onProcessor = (wanted: number) =>
  availableParallelism() < 2 ? [] : ["taskset", "--cpu-list", String(wanted)];

async function fetchAlone(job: TftpJob, signal: AbortSignal): Promise<TftpResult> {
  const { folder, files, blksize, windowsize } = job;
  const fetched = join(folder, "fetched");
  const options = [
    `blksize ${blksize}`,
    "tsize 0",
    ...(windowsize === 1 ? [] : [`windowsize ${windowsize}`]),
  ];
  const began = performance.now();
  const [file = "", ...args] = [...onProcessor(1), "atftp"];
  const arrived = await run(
    file,
    [
      ...args,
      ...options.flatMap((option) => ["--option", option]),
      ...["--get", "--remote-file", "file", "--local-file", fetched, serverAddress, "69"],
    ],
    { signal, timeoutMs },
  ).then(
    () => true,
    () => false,
  );
  const seconds = (performance.now() - began) / 1000;
  const { size } = await stat(join(files, "file"));
  const whole = arrived && (await stat(fetched)).size === size;
  return whole ? { bytesPerSecond: [size / seconds], failed: 0 } : { bytesPerSecond: [], failed: 1 };
}

async function fetchInCrowd({ files, blksize, crowd }: TftpJob, signal: AbortSignal): Promise<TftpResult> {
  const entry = join(import.meta.dirname, "tftp-crowd.ts");
  const asked = [serverAddress, crowd, blksize, crowdTimeoutMs].map(String);
  const [file = "", ...args] = [...onProcessor(1), process.execPath, entry, ...asked];
  const said = await run(file, args, { signal, timeoutMs: 2 * crowdTimeoutMs });
  const transfers = JSON.parse(said) as { bytes: number; seconds?: number }[];
  const { size } = await stat(join(files, "file"));
  const bytesPerSecond = transfers.flatMap(({ bytes, seconds }) =>
    seconds !== undefined && bytes === size ? [size / seconds] : [],
  );
  return { bytesPerSecond, failed: crowd - bytesPerSecond.length };
}

/** On arrival: what is dropped on its way out is an error to its sender. */
async function loseTowardsClient(): Promise<void> {
  await run("nft", ["add table inet bench; add chain inet bench in { type filter hook input priority 0; }"]);
  await run("nft", ["add rule inet bench in udp length > 200 numgen random mod 100 == 0 drop"]);
}
