/** The part of `bench/storm.ts` that runs inside fresh namespaces: the servers of one side, and the storm. */
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { imagePath } from "../../src/boot/boot-paths.ts";
import { run } from "../../src/core/child.ts";
import { resolveSite } from "../../src/site/resolve.ts";
import { openClientNetwork } from "../client-network.ts";
import { dnsmasqForMany, nginxConfig } from "../foreign-config.ts";
import { processCpuMs } from "../noise.ts";
import type { Peer } from "../peer.ts";
import { startPeer } from "../peer.ts";
import { scriptFor } from "../script.ts";
import type { Storm } from "./clients.ts";
import { stormImage } from "./image.ts";
import { files, imageName, network, stormSite } from "./network.ts";

export const sides = ["dryboot", "dnsmasq + nginx"] as const;
export type Side = (typeof sides)[number];

export type StormJob = Readonly<{
  /** For leases, logs and the result. */
  folder: string;
  /** Holds the files that are served. */
  root: string;
  side: Side;
  clients: number;
}>;

/** `peakBytes` is the most memory the servers' processes ever held, all together. */
export type StormResult = Storm & Readonly<{ serverCpuMs: number; peakBytes: number }>;

/** More descriptors than the usual 1,024, for whoever is started through it; Node takes them by itself. */
const roomy = ["sh", "-c", 'ulimit -n "$(ulimit -Hn)"; exec "$@"', "sh"];

export async function inside(job: StormJob, signal: AbortSignal): Promise<number> {
  await using clientNetwork = await openClientNetwork({
    interface: network.interface,
    server: `${network.server}/${network.prefixLength}`,
    clients: `${network.clients}/${network.prefixLength}`,
  });
  // Every address of the range is the clients' host's own, and it is the way there: a kernel's table of neighbours
  // holds 1,024 unless root says otherwise, all namespaces together.
  await clientNetwork.ip("link set lo up");
  await clientNetwork.ip(`route add local ${network.rangeAsNetwork} dev lo`);
  await run("ip", ["route", "add", network.rangeAsNetwork, "via", network.clients]);

  await using servers = await startServers(job, signal);
  const cpuBefore = await cpuOf(servers.peers);
  const stormFile = join(job.folder, "storm.json");
  const clients = [join(import.meta.dirname, "clients.ts"), network.clients, `${job.clients}`, stormFile];
  await run("nsenter", [`--net=${clientNetwork.path}`, process.execPath, ...clients], { signal });
  const storm = JSON.parse(await readFile(stormFile, "utf8")) as Storm;
  const serverCpuMs = (await cpuOf(servers.peers)) - cpuBefore;
  const peaks = await Promise.all(servers.peers.map(peakBytesOf));
  const peakBytes = peaks.reduce((sum, each) => sum + each, 0);
  const result: StormResult = { ...storm, serverCpuMs, peakBytes };
  await writeFile(join(job.folder, "result.json"), JSON.stringify(result));
  return 0;
}

interface Servers extends AsyncDisposable {
  readonly peers: readonly Peer[];
}

async function startServers(job: StormJob, signal: AbortSignal): Promise<Servers> {
  await using starting = new AsyncDisposableStack();
  const peers: Peer[] = [];
  for (const { name, command, sign } of await (job.side === "dryboot" ? ours(job) : theirs(job))) {
    const log = join(job.folder, `${name}.log`);
    peers.push(starting.use(await startPeer([...roomy, ...command], { sign, log, signal })));
  }
  const running = starting.move();
  return { peers, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

type Started = Readonly<{ name: string; command: readonly string[]; sign: RegExp }>;

async function ours({ root, folder }: StormJob): Promise<Started[]> {
  const entry = join(import.meta.dirname, "server.ts");
  return [{ name: "dryboot", command: [process.execPath, entry, root, folder], sign: /^ready/ }];
}

/** nginx serves the same files under the same names, and the very script that we hand out. */
async function theirs({ root, folder, clients }: StormJob): Promise<Started[]> {
  const web = join(folder, "root");
  for (const name of [files.kernel, files.initrd]) {
    const place = join(web, imagePath(imageName, name));
    await mkdir(join(place, ".."), { recursive: true });
    await symlink(join(root, name), place);
  }
  const file = (name: string) => ({ name, path: join(root, name), sizeBytes: 0, sha256: "" });
  const image = stormImage(root, file(files.kernel), file(files.initrd));
  await writeFile(
    join(web, "boot.ipxe"),
    scriptFor("52:54:00:00:00:00", image, resolveSite(stormSite()).boot),
  );
  const nginx = join(folder, "nginx.conf");
  await writeFile(
    nginx,
    nginxConfig(network.server, { root: web, scratch: folder, connections: 2 * clients + 64 }),
  );
  const dnsmasq = join(folder, "dnsmasq.conf");
  await writeFile(dnsmasq, dnsmasqForMany(network, { tftpRoot: root, scratch: folder, clients }));
  return [
    { name: "nginx", command: ["nginx", "-e", "stderr", "-c", nginx], sign: /\] \d+#\d+: OS: / },
    { name: "dnsmasq", command: ["dnsmasq", `--conf-file=${dnsmasq}`], sign: /TFTP root is / },
  ];
}

async function cpuOf(peers: readonly Peer[]): Promise<number> {
  const all = await Promise.all(peers.map(({ pid }) => processCpuMs(pid)));
  return all.reduce((sum, each) => sum + each, 0);
}

async function peakBytesOf({ pid }: Peer): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}
