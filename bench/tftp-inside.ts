/** The part of `bench/tftp.ts` that runs inside fresh namespaces: one server, and one client fetching one file. */
import { stat, writeFile } from "node:fs/promises";
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
}>;

/** Undefined when it did not arrive whole within the time there is. */
export type TftpResult = { bytesPerSecond?: number };

const timeoutMs = 30_000;

/** Servers that are silent when they are ready: whoever holds port 69 (hexadecimal 45) is. */
const sayingWhen = `(for i in $(seq 100); do grep -q ':0045 ' /proc/net/udp && break; sleep 0.05; done; echo listening) & exec "$@"`;

export async function inside(job: TftpJob, signal: AbortSignal): Promise<number> {
  const { folder, files, blksize, windowsize } = job;
  await run("ip", ["link", "set", "lo", "up"]);
  if (job.loss) await loseTowardsClient();
  const command = ["sh", "-c", sayingWhen, "sh", ...servers[job.server](files)];
  const log = join(folder, "server.log");
  await using _server = await startPeer(command, { sign: /^listening$/m, log, signal });
  const fetched = join(folder, "fetched");
  const options = [
    `blksize ${blksize}`,
    "tsize 0",
    ...(windowsize === 1 ? [] : [`windowsize ${windowsize}`]),
  ];
  const began = performance.now();
  const arrived = await run(
    "atftp",
    [
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
  const result: TftpResult = whole ? { bytesPerSecond: size / seconds } : {};
  await writeFile(join(folder, "result.json"), JSON.stringify(result));
  return 0;
}

/** On arrival: what is dropped on its way out is an error to its sender. */
async function loseTowardsClient(): Promise<void> {
  await run("nft", ["add table inet bench; add chain inet bench in { type filter hook input priority 0; }"]);
  await run("nft", ["add rule inet bench in udp length > 200 numgen random mod 100 == 0 drop"]);
}
