import packageJson from "../../package.json" with { type: "json" };
import { DrybootError } from "../core/errors.ts";
import { storeFolder } from "../core/folders.ts";
import type { Timeline } from "../core/timeline.ts";
import { arpNeighbours } from "../dhcp/lease-probe.ts";
import type { Lease } from "../dhcp/leases.ts";
import { poolOf } from "../dhcp/policy.ts";
import type { TlsIdentity } from "../http/listener.ts";
import type { ImagesLock } from "../images/images-lock.ts";
import { isUrl, mirrorsOf } from "../images/mirrors.ts";
import { SecretKeeper } from "../images/overlays/secret-keeper.ts";
import { Histories } from "../images/state/histories.ts";
import { StoreHolds } from "../images/store-holds.ts";
import type { Lifecycle } from "../netboot/lifecycle.ts";
import { openMachineStates } from "../netboot/machine-states.ts";
import { policyOf } from "../netboot/served-site.ts";
import { startNetboot } from "../netboot.ts";
import { imagesNamed } from "../site/levels.ts";
import type { LoadedSite } from "../site/load.ts";
import { promotedSite } from "../site/load.ts";
import { resolveSite } from "../site/resolve.ts";
import type { Site } from "../site/schema.ts";
import { broadcastOf } from "../wire/ipv4.ts";
import { CertificateRenewer } from "./certificate-renewer.ts";
import type { Chronicle } from "./chronicle.ts";
import { controlSocketName, startControl } from "./control.ts";
import { requireNoServer } from "./control-client.ts";
import { startDryRun } from "./dry-run.ts";
import { logFiles } from "./fact-log.ts";
import type { LiveFacts } from "./facts.ts";
import type { HttpsIdentity } from "./https-identity.ts";
import { httpsIdentity } from "./https-identity.ts";
import { requireInterface } from "./interface.ts";
import { lookAround } from "./look-around.ts";
import { giveMirrorFolder } from "./mirror-folder.ts";
import { mostNeighbours, neighbourWarning } from "./neighbour-table.ts";
import type { User } from "./privileges.ts";
import { becomeUser } from "./privileges.ts";
import { Reloader } from "./reload.ts";
import { secretIn } from "./secret-file.ts";
import type { Gathered } from "./served-files.ts";
import { gather, HeldStore, unreadable } from "./served-files.ts";
import { readSiteAnew } from "./site-reader.ts";
import { StateFolder } from "./state-folder.ts";
import type { StatusBasis } from "./status.ts";
import { publicStatus, statusOf } from "./status.ts";

export interface ServeConfig {
  loaded: LoadedSite;
  /** What its images have to be; read again with the site. */
  lock?: ImagesLock;
  interface: string;
  /** The folder of leases, log and control socket. */
  state: string;
  /** Whom to become once every port is bound. */
  user: User | undefined;
  /** Start although another DHCP server answers. */
  force: boolean;
  dryRun: boolean;
  /** Off unless asked for: a network that is not ours may have IPv6 routers. */
  routerAdvertisements: boolean;
}

export interface ServeDeps {
  timeline: Timeline<LiveFacts>;
  chronicle: Chronicle;
  /** Builds what the store lacks, while we still may write to it. */
  buildImages(names: readonly string[]): Promise<void>;
  signal: AbortSignal;
}

export interface Serving extends AsyncDisposable {
  /** Reads the site file again; what comes of it is a fact. */
  reload(): Promise<void>;
}

/**
 * Serves a site on an interface of this machine. Resolves when everything is bound and root is given up; what stands in
 * the way is an error.
 */
export async function startServing(config: ServeConfig, deps: ServeDeps): Promise<Serving> {
  const { timeline, chronicle, signal } = deps;
  const { site, file } = config.loaded;
  const resolved = resolveSite(site);
  const { server: address } = resolved.boot;
  const { subnet, mode } = resolved.dhcp;
  const wanted = { name: config.interface, address, prefixLength: subnet.prefixLength };
  const { link, warnings } = await requireInterface(wanted, signal);
  await using starting = new AsyncDisposableStack();
  const state = StateFolder.open(config.state);
  await requireNoServer(state.path, signal);
  // What is only listened to needs no images.
  if (!config.dryRun) await deps.buildImages(imagesNamed(site));
  const store = starting.use(await HeldStore.open());
  const holds = starting.use(new StoreHolds(store.path));
  // Read now, while we are still who may read them.
  const secrets = await SecretKeeper.open();
  const gatherFor = async (next: Site) => {
    const images = config.dryRun ? [] : imagesNamed(next);
    return await gather(next, { store, images, holds, secrets, lock: await config.lock?.again() }, signal);
  };
  const gathered = await gatherFor(site);
  await lookAround({ address, broadcast: broadcastOf(subnet) }, { ...config, mode }, deps);

  chronicle.attribution.setMachines(resolved.machines);
  const basis: StatusBasis = {
    pid: process.pid,
    version: packageJson.version,
    site: site.name,
    file,
    interface: config.interface,
    address,
    mode,
    dryRun: config.dryRun,
    user: config.user?.name ?? `${process.getuid?.()}`,
    log: logFiles(state.path)[0] ?? "",
  };
  const https = site.https.mode === "on" && !config.dryRun ? await identityFor(config.loaded) : undefined;
  let leases: () => readonly Lease[] = () => [];
  const status = () => statusOf(basis, chronicle, leases());
  const rest = { mtu: link.mtu, https, status: () => publicStatus(status()) };
  const answering = starting.use(await startAnswering({ ...config, ...rest }, state, gathered, deps));
  leases = () => answering.leases();
  if (config.user !== undefined && mirrorsOf(site).some(([, roots]) => roots.some(isUrl)))
    await giveMirrorFolder(store.path, config.user);
  if (config.user !== undefined) await giveUpRoot(config.user, state, gathered, timeline);
  // As the user we are now: what root would write to in this user's folder might be a link to elsewhere.
  await chronicle.openLog(state.path);
  let reload = () => Promise.resolve(); // nobody can have asked before it is there
  const control = startControl(state.file(controlSocketName), {
    status,
    assign: (machine, change) => answering.assign(machine, change, "control"),
    reload: () => reload(),
    flushLog: () => chronicle.flush(),
    subscribe: (follower) => chronicle.subscribe(follower),
  });
  starting.use(await control);
  const { version: _, user: __, log: ___, ...started } = basis;
  timeline.record("serve.started", started);
  const crowd = neighbourWarning(await mostNeighbours(), neighboursOf(gathered));
  const oddities = [...warnings, ...(crowd ? [crowd] : []), ...gathered.warnings, ...(https?.warnings ?? [])];
  for (const warning of oddities) timeline.record("serve.warned", warning);
  // Better said now than when the reload is needed.
  if (config.user !== undefined) void rehearse(file, config.user.name, deps);

  const reloader = new Reloader(site, {
    timeline,
    read: async () => await promotedSite(await readSiteAnew(file, signal), file, store.path),
    gather: gatherFor,
    use(next, { served }) {
      chronicle.attribution.setMachines(resolveSite(next).machines);
      answering.use(served);
    },
  });
  const renewer = new CertificateRenewer(https?.tls.cert, {
    timeline,
    read: () => identityFor(config.loaded),
    use: (identity) => answering.setIdentity(identity),
  });
  reload = async () => {
    await reloader.reload();
    // One of our own authority is made at each start, for longer than that lasts.
    if (https && site.https.cert !== undefined) await renewer.renew();
  };
  const running = starting.move();
  return {
    reload,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

interface Answering extends AsyncDisposable {
  use(served: Gathered["served"]): void;
  setIdentity(identity: TlsIdentity): void;
  leases(): readonly Lease[];
  assign: Lifecycle["assign"];
}

/** The whole stack, or the ear of it that a dry run is. */
async function startAnswering(
  config: ServeConfig & {
    mtu: number | undefined;
    https: HttpsIdentity | undefined;
    status: () => object;
  },
  state: StateFolder,
  { served }: Gathered,
  deps: ServeDeps,
): Promise<Answering> {
  if (config.dryRun) {
    const dryRun = await startDryRun({ policy: policyOf(served) }, deps);
    return {
      use: (next) => dryRun.setPolicy(policyOf(next)),
      setIdentity() {},
      leases: () => [],
      assign: async () => ({
        problem: "this server only listens (--dry-run)",
        hint: "start it without --dry-run",
      }),
      [Symbol.asyncDispose]: () => dryRun[Symbol.asyncDispose](),
    };
  }
  const ndp = config.routerAdvertisements ? { interface: config.interface } : {};
  const mtu = config.mtu === undefined ? {} : { mtu: config.mtu };
  const lending = { leases: state.path, neighbours: arpNeighbours };
  const { https, status } = config;
  const withAuthority = (next: Gathered["served"]) => ({ ...next, extras: https?.files ?? new Map() });
  const machines = await openMachineStates(state.path);
  const token = await secretIn(state.file("api.token"), "the token of the HTTP API");
  const keeping = {
    histories: new Histories(state.path),
    secret: await secretIn(state.file("states.key"), "the secret that machines' tokens are made of"),
  };
  const netboot = await startNetboot(
    { ...withAuthority(served), ...ndp, ...mtu, lending, status, machines, token, keeping, tls: https?.tls },
    deps,
  );
  return {
    use: (next) => netboot.setSite(withAuthority(next)),
    setIdentity: (identity) => netboot.setIdentity(identity),
    leases: () => netboot.dhcp.leases(),
    assign: netboot.lifecycle.assign,
    [Symbol.asyncDispose]: () => netboot[Symbol.asyncDispose](),
  };
}

/** As many machines as can have an address on our own network; those behind relays are their routers' neighbours. */
function neighboursOf({ served }: Gathered): number {
  const policy = policyOf(served);
  return policy.mode === "server"
    ? poolOf(policy).size + policy.reservations.length
    : policy.reservations.length;
}

/** For every way a URL can name this server: its address, and its name where there is a domain. */
async function identityFor({ site, folder }: LoadedSite): Promise<HttpsIdentity> {
  const { boot, dns } = resolveSite(site);
  const names = dns?.domain === undefined ? [] : [`${dns.serverName}.${dns.domain}`];
  const { cert, key } = site.https;
  return await httpsIdentity({ cert, key, folder, store: storeFolder(), addresses: [boot.server], names });
}

async function giveUpRoot(
  user: User,
  state: StateFolder,
  { served }: Gathered,
  timeline: Timeline<LiveFacts>,
): Promise<void> {
  state.giveTo(user); // no waiting between the last port bound and the end of root
  becomeUser(user);
  const { name, uid, gid } = user;
  timeline.record("serve.user-changed", { user: name, uid, gid });
  const lost = await unreadable(served);
  if (lost.length === 0) return;
  throw new DrybootError(`${name} cannot read what is to be served`, {
    code: "FILES_UNREADABLE",
    where: `--user ${name}`,
    evidence: lost.slice(0, 5),
    hint: "make these files readable for everybody, or name a user who may read them with --user",
  });
}

/** Reads the site as the user we have become: what a reload will have to do. */
async function rehearse(file: string, user: string, { timeline, signal }: ServeDeps): Promise<void> {
  try {
    await readSiteAnew(file, signal);
  } catch {
    if (signal.aborted) return;
    timeline.record("serve.warned", {
      problem: `SIGHUP will not reload the site: ${user} cannot read it`,
      next: `make ${file} and dryboot's own folder readable for ${user}, or name another user with --user`,
    });
  }
}
