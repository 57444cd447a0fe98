import { imagePath, readyPath } from "./boot/boot-script.ts";
import type { BootSite } from "./boot/boot-site.ts";
import { planFor } from "./boot/plan.ts";
import { scriptPath } from "./boot/script-address.ts";
import { scriptFor } from "./boot/script-for.ts";
import { refreshed } from "./core/refreshed.ts";
import type { ServedFile } from "./core/served-file.ts";
import type { Recorder } from "./core/timeline.ts";
import { startBootServer } from "./dhcp/boot-server.ts";
import type { Lease } from "./dhcp/leases.ts";
import type { DhcpPolicy } from "./dhcp/policy.ts";
import { ProxyMemory } from "./dhcp/proxy-memory.ts";
import type { DhcpConfig, DhcpServer } from "./dhcp/server.ts";
import { startDhcp } from "./dhcp/server.ts";
import type { DnsSite } from "./dns/policy.ts";
import { startDns } from "./dns/server.ts";
import type { NetbootFacts } from "./facts.ts";
import type { HttpRequest } from "./http/request.ts";
import type { HttpAnswer } from "./http/server.ts";
import { startHttp } from "./http/server.ts";
import type { OpenedImage } from "./images/store.ts";
import { startRouterAdvertisements } from "./ndp/server.ts";
import { startSyslog } from "./syslog/server.ts";
import { startTftp } from "./tftp/server.ts";

/** What is answered, apart from where and how: the part of a running stack that can be replaced. */
export interface ServedSite {
  site: BootSite;
  dhcp: Omit<DhcpPolicy, "boot">;
  /** Where DNS is served. */
  dns?: DnsSite | undefined;
  /** Whether machines' log lines are taken. */
  syslog?: boolean;
  /** Every image that a machine of the site may boot, opened and verified, by its name in the site. */
  images: ReadonlyMap<string, OpenedImage>;
  /** Loader files by the name a firmware asks for. */
  loaders: ReadonlyMap<string, ServedFile>;
}

export interface NetbootConfig extends ServedSite {
  /** Where Router Advertisements are sent; without one, an iPXE with IPv6 waits 13 s for them. */
  interface?: string;
  /** Leases that outlive this process, and a look for strangers on addresses before they are lent. A lab has neither. */
  lending?: Pick<DhcpConfig, "leases" | "neighbours">;
}

export interface Netboot extends AsyncDisposable {
  readonly dhcp: DhcpServer;
  /** From the next packet and request on; all of it at once. The servers' own address stays what it was. */
  setSite(served: ServedSite): void;
  /** Takes a file out of what is served, as if it were missing from the store. For tests of what happens then. */
  withdraw(path: string): void;
}

/** Starts every server of a site or none: what did start is stopped again when a later one fails. */
export async function startNetboot(
  config: NetbootConfig,
  deps: { timeline: Recorder<NetbootFacts>; signal: AbortSignal },
): Promise<Netboot> {
  const address = config.site.server;
  let served: ServedSite = config;
  let files = servedFiles(config);
  const memory = new ProxyMemory();
  let lending: DhcpServer | undefined; // the last to start, and the others ask it
  const held = () => heldNow(lending?.leases() ?? []);
  const holders = refreshed(() => new Map(held().map(({ address, mac }) => [address, mac])));
  const machineAt = (from: string): string | undefined => {
    const owner = holders().get(from) ?? memory.macAt(from);
    return served.site.machines.find(({ mac }) => mac === owner)?.name ?? owner;
  };
  await using starting = new AsyncDisposableStack();

  if (config.interface !== undefined) {
    starting.use(await startRouterAdvertisements({ interface: config.interface }, deps));
  }
  // A proxy learns from who fetches files which offers firmware gets on with.
  const watched = { ...deps, timeline: noting(deps.timeline, (from) => memory.fetchedFrom(from)) };
  starting.use(await startTftp({ address, find: (path) => served.loaders.get(path) }, watched));
  const answer = (request: HttpRequest): HttpAnswer => {
    if (request.path === scriptPath) {
      const text = scriptFor(request.query, served.site, served.images);
      return { status: 200, text, contentType: "text/plain" };
    }
    if (request.path === readyPath) return ready(request.address);
    const file = files.get(request.path);
    return file ? { file } : { status: 404, text: `there is no ${request.path} here\n` };
  };
  const ready = (from: string): HttpAnswer => {
    const owner = lending?.leases().find(({ address }) => address === from)?.mac ?? memory.macAt(from);
    const machine = served.site.machines.find(({ mac }) => mac === owner)?.name ?? owner;
    if (machine === undefined) {
      return { status: 403, text: "only a machine whose DHCP request came here can be ready\n" };
    }
    deps.timeline.record("machine.ready", { machine, address: from });
    return { status: 200, text: `${machine} is ready\n` };
  };
  starting.use(await startHttp({ address, answer }, watched));
  const dns = config.dns && starting.use(await startDns({ address, site: config.dns, held }, deps));
  if (config.syslog) {
    const subnets = () => [served.dhcp, ...(served.dhcp.relayed ?? [])].map(({ subnet }) => subnet);
    starting.use(await startSyslog({ address, subnets, machineAt }, deps));
  }
  // DHCP last: whoever is told where to boot from finds it there.
  const policy = policyOf(config);
  const bootServer = starting.use(await startBootServer({ address, policy, memory }, deps));
  const dhcp = starting.use(await startDhcp({ address, policy, memory, ...config.lending }, deps));
  lending = dhcp;

  const running = starting.move();
  return {
    dhcp,
    setSite(next) {
      served = next;
      files = servedFiles(next);
      const policy = policyOf(next);
      bootServer.setPolicy(policy);
      dhcp.setPolicy(policy);
      if (next.dns) dns?.setSite(next.dns); // whether there is one at all is settled at the start
    },
    withdraw: (path) => void files.delete(path),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Passes every fact on, and says who fetches a file. */
function noting(
  timeline: Recorder<NetbootFacts>,
  fetchedFrom: (address: string) => void,
): Recorder<NetbootFacts> {
  return {
    record(type, details) {
      if ((type === "tftp.requested" || type === "http.requested") && "from" in details) {
        fetchedFrom(details.from);
      }
      timeline.record(type, details);
    },
  };
}

/** Whoever has an address to use now. */
function heldNow(leases: readonly Lease[]): Lease[] {
  const now = Date.now();
  return leases.filter(({ state, until }) => state === "bound" && until > now);
}

/** How DHCP answers: the site's addresses, and the boot answer that the plan gives. */
export function policyOf({ dhcp, site }: ServedSite): DhcpPolicy {
  return { ...dhcp, boot: (client) => planFor(client, site).dhcp };
}

/** Everything HTTP serves by name: the images' files, and the loaders for firmware that fetches them so. */
function servedFiles({ images, loaders }: ServedSite): Map<string, ServedFile> {
  const files = new Map<string, ServedFile>(loaders);
  for (const [name, image] of images) {
    for (const file of [image.kernel, ...image.initrds, ...image.files]) {
      files.set(decodeURIComponent(imagePath(name, file.name)), file);
    }
  }
  return files;
}
