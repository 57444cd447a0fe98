import { BootApi } from "./boot/ask-boot-api.ts";
import { isAutoexec } from "./boot/autoexec.ts";
import { readyPath } from "./boot/boot-paths.ts";
import { BootWindows, isBootRequest, usualBootMs } from "./boot/boot-window.ts";
import type { Loop } from "./boot/loop.ts";
import { LoopWatch } from "./boot/loop.ts";
import { scriptPath } from "./boot/script-address.ts";
import { printable } from "./core/printable.ts";
import type { ServedFile } from "./core/served-file.ts";
import { findInFolder } from "./core/served-folder.ts";
import type { Recorder } from "./core/timeline.ts";
import { startBootServer } from "./dhcp/boot-server.ts";
import { openProxyMemory } from "./dhcp/dialect-file.ts";
import { heldNow, isHeld } from "./dhcp/lease-view.ts";
import type { DhcpConfig, DhcpServer } from "./dhcp/server.ts";
import { startDhcp } from "./dhcp/server.ts";
import { startDns } from "./dns/server.ts";
import type { NetbootFacts } from "./facts.ts";
import { fetchText } from "./http/fetch-text.ts";
import type { TlsIdentity } from "./http/listener.ts";
import type { HttpRequest } from "./http/request.ts";
import type { HttpAnswer } from "./http/server.ts";
import { startHttp } from "./http/server.ts";
import { startRouterAdvertisements } from "./ndp/server.ts";
import { restAnswer } from "./netboot/answers.ts";
import { ConfigTurns } from "./netboot/config-turns.ts";
import type { Fetch } from "./netboot/hearing.ts";
import { fetchIn, hearing } from "./netboot/hearing.ts";
import { keptStates } from "./netboot/kept-states.ts";
import type { Lifecycle } from "./netboot/lifecycle.ts";
import { putAnswers, startLifecycle } from "./netboot/lifecycle.ts";
import type { MachineFile } from "./netboot/machine-files.ts";
import { GivenOnce, machineFileRefusal } from "./netboot/machine-files.ts";
import type { MachineStates } from "./netboot/machine-states.ts";
import { openMachineStates } from "./netboot/machine-states.ts";
import { mirrorAnswer } from "./netboot/mirrors.ts";
import { scriptAnswer } from "./netboot/script-answer.ts";
import type { ServedSite } from "./netboot/served-site.ts";
import { firstLoadersOf, knownMacs, policyOf, servedFiles } from "./netboot/served-site.ts";
import type { StateKeeping } from "./netboot/state-push.ts";
import type { TextsWorld } from "./netboot/texts.ts";
import { fileFor } from "./netboot/texts.ts";
import { startSyslog } from "./syslog/server.ts";
import { startTftp } from "./tftp/server.ts";

export interface NetbootConfig extends ServedSite {
  /** HTTPS beside HTTP. */
  tls?: TlsIdentity | undefined;
  /** What `/v1/status` says. */
  status?: () => object;
  /** Other ports than the usual ones, for tests beside other servers. */
  ports?: Readonly<{
    http?: number;
    tftp?: number;
    dhcp?: Pick<DhcpConfig, "port" | "listen" | "clientPort" | "relayPort">;
  }>;
  /** Where Router Advertisements are sent; without one, an iPXE with IPv6 waits 13 s for them. */
  interface?: string;
  /** Of the interface the address is on, 1500 unless said. */
  mtu?: number;
  /** What is remembered of each machine; without it, gone with the stack. */
  machines?: MachineStates;
  /** Where what machines hand in is kept; without it, nothing of that kind is taken or handed out. */
  keeping?: StateKeeping;
  /** Whoever knows it may say over HTTP what a machine boots; without one, nobody. */
  token?: string;
  /** The folder of leases and of what a proxy learns, which outlive this process; and a look for strangers on addresses before they are lent. A lab has neither. */
  lending?: Pick<DhcpConfig, "leases" | "neighbours">;
}

export interface Netboot extends AsyncDisposable {
  readonly lifecycle: Lifecycle;
  readonly dhcp: DhcpServer;
  readonly ports: Readonly<{ http: number; tftp: number }>;
  /** From the next packet and request on; all of it at once. The servers' own address stays what it was. */
  setSite(served: ServedSite): void;
  /** A renewed certificate for HTTPS, where that is served. */
  setIdentity(identity: TlsIdentity): void;
  /**
   * Takes a file out of what is served, as if it were missing from the store, until what is returned is disposed of.
   * For tests of what happens then.
   */
  withdraw(path: string): Disposable;
}

/** Starts every server of a site or none: what did start is stopped again when a later one fails. */
export async function startNetboot(
  config: NetbootConfig,
  deps: { timeline: Recorder<NetbootFacts>; signal: AbortSignal },
): Promise<Netboot> {
  const address = config.site.server;
  let served: ServedSite = config;
  let files = servedFiles(config);
  let firstLoaders = firstLoadersOf(config);
  let known = knownMacs(config);
  await using starting = new AsyncDisposableStack();
  const { memory } = starting.use(await openProxyMemory(config.lending?.leases, deps));
  let lending: DhcpServer | undefined; // the last to start, and the others ask it
  const held = () => heldNow(lending?.leases() ?? []);
  const macAt = (from: string): string | undefined => {
    const lease = lending?.leaseAt(from);
    return lease && isHeld(lease, Date.now()) ? lease.mac : memory.macAt(from);
  };
  const machineAt = (from: string): string | undefined => {
    const owner = macAt(from);
    return served.site.machines.find(({ mac }) => mac === owner)?.name ?? owner;
  };

  if (config.interface !== undefined) {
    starting.use(await startRouterAdvertisements({ interface: config.interface }, deps));
  }
  const loops = new LoopWatch();
  const lifecycle = startLifecycle(config.machines ?? (await openMachineStates()), () => served, deps);
  const report = (mac: string, loop: Loop | undefined) => {
    if (loop) deps.timeline.record("boot.looping", { mac, ...loop });
  };
  const once = new GivenOnce();
  const boots = new BootWindows((mac) => known.has(mac));
  const heard = {
    ...deps,
    timeline: hearing(deps.timeline, (fact) => {
      if (fact.type === "dhcp.received" && isBootRequest(fact)) boots.opened(fact.mac, performance.now());
    }),
  };
  const fetchEnded = ({ from, path, problem }: Fetch) => {
    // That there is no autoexec.ipxe is no trouble.
    if (problem !== undefined) return isAutoexec(path) ? undefined : loops.fetchFailed(from, problem);
    const mac = macAt(from);
    // What a loader fetches beside itself is no loader: it would hide that the loader comes again and again.
    if (firstLoaders.has(path)) {
      if (mac !== undefined) report(mac, loops.loaderFetched(mac, path, performance.now()));
    } else if (files.has(path) && !served.loaders.has(path)) loops.imageFetched(from, mac);
  };
  const watched = {
    ...deps,
    timeline: hearing(deps.timeline, (fact) => {
      const fetch = fetchIn(fact);
      // A proxy learns from who fetches files which offers firmware gets on with.
      if (fetch?.progress === "asked") memory.fetchedFrom(fetch.from);
      else if (fetch) fetchEnded(fetch);
    }),
  };
  const inRoot = async (path: string): Promise<ServedFile | undefined> => {
    const root = served.tftp?.root;
    return root === undefined ? undefined : await findInFolder(root, path);
  };
  const mtu = config.tftp?.mtu ?? config.mtu ?? 1500;
  const singlePort = config.tftp?.singlePort ?? false;
  const configTurns = new ConfigTurns({
    stateOf: lifecycle.stateOf,
    openedAt: (mac) => boots.openedAt(mac),
    handed: lifecycle.scriptHanded,
  });
  const configState = (name: string) => {
    const known = served.site.machines.find((each) => each.name === name);
    return known ? configTurns.stateOf(name, known.mac) : lifecycle.stateOf(name);
  };
  const loaderLoop = (mac: string) => loops.loaderLoop(mac, performance.now());
  const texts: TextsWorld = {
    config: () => ({ site: served.site, images: served.images, macAt, loaderLoop, stateOf: configState }),
    handed: (plan) => configTurns.handed(plan),
    timeline: deps.timeline,
    named: async (path) => files.get(path) ?? (await inRoot(path)),
    inRoot,
  };
  const find = (path: string, client: { address: string }) => fileFor(path, client.address, texts);
  const { ports = {} } = config;
  const tftp = starting.use(await startTftp({ address, mtu, singlePort, find, port: ports.tftp }, watched));
  const fetch = (url: string) =>
    fetchText(url, { timeoutMs: 3000, mostBytes: 64 * 1024, signal: deps.signal });
  const apiOf = ({ site: { api } }: ServedSite) =>
    api && new BootApi(api.url, { fetch, timeline: deps.timeline });
  let api = apiOf(config);
  const leases = () => lending?.leases() ?? [];
  const status = config.status ?? (() => ({ server: address, leases: held().length }));
  const script = (request: HttpRequest) =>
    scriptAnswer(request, { served, api, lifecycle, loops, macAt, report });
  const states = keptStates(config.keeping, { served: () => served, macAt, ...deps });
  /** For one machine alone, and while it boots. */
  const ownAnswer = async (request: HttpRequest, own: MachineFile): Promise<HttpAnswer> => {
    const mostMs = served.site.bootTimeMs ?? usualBootMs;
    const closed = boots.closedBecause(own.for.mac, mostMs, performance.now());
    const refusal = machineFileRefusal(own, macAt(request.address), closed);
    if (refusal) return refusal;
    return await states.filled(await once.answer(request, own, boots.openedAt(own.for.mac)), request.path);
  };
  const answer = async (request: HttpRequest): Promise<HttpAnswer> => {
    if (request.path === scriptPath) {
      return { status: 200, text: await script(request), contentType: "text/plain" };
    }
    if (request.path === readyPath) return await ready(request.address);
    const { readers = [], site, images, machineFiles } = served;
    const rest = restAnswer(request, { site, images, readers, leases, status, stateOf: lifecycle.stateOf });
    if (rest) return rest;
    const own = states.fileFor(request.path, machineFiles?.get(request.path));
    if (own) return await ownAnswer(request, own);
    const mirrored = await mirrorAnswer(request.path, served.mirrors, deps.timeline);
    if (mirrored) return mirrored;
    const file = await fileFor(request.path, request.address, texts);
    return file ? { file } : { status: 404, text: `there is no ${printable(request.path)} here\n` };
  };
  const ready = async (from: string): Promise<HttpAnswer> => {
    const owner = macAt(from);
    const machine = machineAt(from);
    if (owner === undefined || machine === undefined) {
      return { status: 403, text: "only a machine whose DHCP request came here can be ready\n" };
    }
    boots.ended(owner, performance.now());
    deps.timeline.record("machine.ready", { machine, address: from });
    await lifecycle.ready(machine);
    return { status: 200, text: `${machine} is ready\n` };
  };
  const { tls, token } = config;
  const put = putAnswers(token, lifecycle, () => served);
  const http = starting.use(
    await startHttp(
      { address, answer, ...put, upload: states.upload, port: ports.http, ...(tls ? { tls } : {}) },
      watched,
    ),
  );
  const dns = config.dns && starting.use(await startDns({ address, site: config.dns, held }, deps));
  if (config.syslog) {
    const subnets = () => [served.dhcp, ...(served.dhcp.relayed ?? [])].map(({ subnet }) => subnet);
    starting.use(await startSyslog({ address, subnets, machineAt }, deps));
  }
  // DHCP last: whoever is told where to boot from finds it there.
  const policy = policyOf(config, loaderLoop, lifecycle.stateOf);
  const bootServer = starting.use(await startBootServer({ address, policy, memory }, heard));
  const dhcp = starting.use(
    await startDhcp({ address, policy, memory, ...config.lending, ...ports.dhcp }, heard),
  );
  lending = dhcp;

  const running = starting.move();
  return {
    dhcp,
    lifecycle,
    ports: { http: http.port, tftp: tftp.port },
    setSite(next) {
      served = next;
      files = servedFiles(next);
      firstLoaders = firstLoadersOf(next);
      known = knownMacs(next);
      loops.forget();
      api = apiOf(next);
      const policy = policyOf(next, loaderLoop, lifecycle.stateOf);
      bootServer.setPolicy(policy);
      dhcp.setPolicy(policy);
      if (next.dns) dns?.setSite(next.dns); // whether there is one at all is settled at the start
    },
    setIdentity: (identity) => http.setIdentity(identity),
    withdraw(path) {
      const file = files.get(path);
      files.delete(path);
      return { [Symbol.dispose]: () => void (file && files.set(path, file)) };
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}
