/** The part of `bench/corpus.ts` that runs inside fresh namespaces: one machine, and servers that tell it what to boot. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { tied } from "../src/core/child.ts";
import type { ServedFile } from "../src/core/served-file.ts";
import { Timeline } from "../src/core/timeline.ts";
import { startBootServer } from "../src/dhcp/boot-server.ts";
import type { NetbootClient } from "../src/dhcp/client.ts";
import { bootProtocolOf } from "../src/dhcp/client.ts";
import type { DhcpPolicy } from "../src/dhcp/policy.ts";
import { ProxyMemory } from "../src/dhcp/proxy-memory.ts";
import { startDhcp } from "../src/dhcp/server.ts";
import type { NetbootFacts } from "../src/facts.ts";
import { startHttp } from "../src/http/server.ts";
import type { LabFacts } from "../src/lab/facts.ts";
import { startForeignDhcp } from "../src/lab/foreign-dhcp.ts";
import { foreignAddress } from "../src/lab/foreign-dhcp-command.ts";
import { LanHost } from "../src/lab/lan-host.ts";
import { Network } from "../src/lab/network.ts";
import { startRouterAdvertisements } from "../src/ndp/server.ts";
import { startTftp } from "../src/tftp/server.ts";
import type { CorpusBoot } from "./corpus-boots.ts";

export type CorpusJob = Readonly<{
  boot: Omit<CorpusBoot, "files">;
  /** QEMU and its arguments but for the NIC. */
  machine: readonly string[];
  nic: string;
  /** Name and path on this host. */
  files: readonly (readonly [name: string, path: string])[];
  capture: string;
}>;

const server = "10.69.0.1";
/** How long somebody who has said what was waited for may add to it, and how long to wait for that at all. */
const lingerMs = 4000;
const patienceMs = 90_000;

export async function inside(job: CorpusJob, signal: AbortSignal): Promise<number> {
  const timeline = new Timeline<NetbootFacts & LabFacts>();
  const files = new Map(await Promise.all(job.files.map(served)));
  await using resources = new AsyncDisposableStack();
  const network = resources.use(await Network.open(`${server}/24`));
  const deps = { timeline, signal };
  resources.use(await startRouterAdvertisements({ interface: network.interface }, deps));
  resources.use(await startTftp({ address: server, find: (path) => files.get(path) }, deps));
  const answer = ({ path }: { path: string }) => {
    const file = files.get(path);
    return file ? { file } : { status: 404, text: "not here\n" };
  };
  resources.use(await startHttp({ address: server, answer }, deps));
  const policy = policyFor(job.boot);
  const memory = new ProxyMemory();
  resources.use(await startBootServer({ address: server, policy, memory }, deps));
  resources.use(await startDhcp({ address: server, policy, memory }, deps));
  if (policy.mode === "proxy") {
    const address = foreignAddress(policy);
    const host = resources.use(await LanHost.open());
    resources.use(await network.plugIn(host, { address: `${address}/${policy.subnet.prefixLength}` }));
    resources.use(await startForeignDhcp({ host, address, network: policy }, deps));
  }
  const tap = await network.addTap();
  const netdev = `tap,id=net0,ifname=${tap},script=no,downscript=no,vhost=off,vnet_hdr=off`;
  const dump = `filter-dump,id=capture0,netdev=net0,file=${job.capture.replaceAll(",", ",,")}`;
  const wiring = ["-netdev", netdev, "-device", job.nic, "-object", dump];
  const [command, args] = tied(job.machine[0] ?? "", [...job.machine.slice(1), ...wiring]);
  const qemu = spawn(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(qemu, "exit");
  try {
    return await heardEnough(timeline, job.boot.until, ended, signal);
  } finally {
    qemu.kill("SIGTERM"); // it closes its capture
    await ended;
  }
}

async function served([name, path]: readonly [string, string]): Promise<readonly [string, ServedFile]> {
  return [name, { path, sizeBytes: (await stat(path)).size }];
}

const mac = "52:54:00:69:00:0a";

function policyFor({ firmware, ipxe, beside }: CorpusJob["boot"]): DhcpPolicy {
  return {
    mode: beside === undefined ? "server" : "proxy",
    ...(beside === undefined ? {} : { dialect: () => beside }),
    server,
    subnet: { network: "10.69.0.0", prefixLength: 24 },
    leaseTimeMs: 3_600_000,
    reservations: [{ mac, address: "10.69.0.10", hostName: "node1" }],
    boot(client: NetbootClient) {
      const file = client.ipxe ? ipxe : firmware;
      const none = file === undefined || bootProtocolOf(client) === undefined;
      return none ? { none: "its conversation is all that is wanted" } : { file, nextServer: server };
    },
  };
}

/** 0 once all was said that is waited for, 1 when the machine ended or fell silent before. */
async function heardEnough(
  timeline: Timeline<NetbootFacts & LabFacts>,
  until: CorpusBoot["until"],
  ended: Promise<unknown>,
  signal: AbortSignal,
): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let acknowledged = 0;
  let requested = 0;
  using _listening = timeline.subscribe((fact) => {
    if (fact.type === "dhcp.sent" && fact.messageType === "DHCPACK") acknowledged += 1;
    if (fact.type === "tftp.requested" || fact.type === "http.requested") requested += 1;
    if (acknowledged >= until.acknowledged && requested >= until.requested) resolve(0);
  });
  const failed = Promise.race([ended, sleep(patienceMs, undefined, { signal, ref: false })]).then(() => 1);
  const code = await Promise.race([promise, failed]);
  if (code === 0) await sleep(lingerMs, undefined, { signal });
  return code;
}
