import type { Subnet } from "../wire/ipv4.ts";
import { broadcastOf, formatIpv4, ipv4Number, isHostOf } from "../wire/ipv4.ts";
import type { NetbootClient } from "./client.ts";
import { chaddrOfUuid } from "./client.ts";
import type { Dialect } from "./dialect.ts";

/** The boot file for one client and the address to fetch it from, or in plain words why it gets none. */
export type BootAnswer = Readonly<{ file: string; nextServer: string } | { none: string }>;

export type Reservation = Readonly<{ mac: string; address: string; hostName?: string; uuid?: string }>;

/** Everything that decides an answer apart from the message, the leases and the time. Checked before it gets here. */
export type DhcpPolicy = Readonly<{
  /**
   * `reservations` answers only clients that have one; `proxy` lends no addresses and adds boot files to another
   * server's; `off` answers nobody.
   */
  mode: "server" | "reservations" | "proxy" | "off";
  /** Our own address: server identifier, and where clients renew. */
  server: string;
  subnet: Subnet;
  router?: string;
  dns?: readonly string[];
  domain?: string;
  /** Who tells the time, and who takes log lines. */
  ntp?: readonly string[];
  logServers?: readonly string[];
  leaseTimeMs: number;
  /** First and last address given to clients without a reservation. */
  range?: readonly [string, string];
  reservations: readonly Reservation[];
  /** Offers wait this long: some ROMs are not yet listening when an answer comes at once. */
  offerDelayMs?: number;
  boot(client: NetbootClient): BootAnswer;
  /** How a proxy talks to this client's firmware, where somebody decided that; else it is learned. */
  dialect?(client: NetbootClient): Dialect | undefined;
  /** Networks behind relays, each answered in its own mode; what boots there is decided by the same `boot`. */
  relayed?: readonly RelayedNetwork[];
}>;

export type RelayedNetwork = Omit<DhcpPolicy, "boot" | "dialect" | "relayed">;

/** Every network that is answered, our own first. */
export function networksOf(policy: DhcpPolicy): readonly DhcpPolicy[] {
  return indexOf(policy).networks;
}

/** The addresses of `range` that can be given to anybody. */
export type Pool = Readonly<{
  /** How many addresses the range spans, and how many of them can be given away. */
  size: number;
  usable: number;
  /** How people write it. */
  text: string;
  at(index: number): string;
  has(address: string): boolean;
}>;

export function reservationOf(policy: DhcpPolicy, mac: string): Reservation | undefined {
  return indexOf(policy).reservations.get(mac);
}

/** Whether a machine could be lent this address on any of the networks. */
export function couldLend(policy: DhcpPolicy, lease: Readonly<{ address: string; mac: string }>): boolean {
  const { address, mac } = lease;
  return networksOf(policy).some(
    (network) => poolOf(network).has(address) || reservationOf(network, mac)?.address === address,
  );
}

export function poolOf(policy: DhcpPolicy): Pool {
  return indexOf(policy).pool;
}

type Index = Readonly<{
  reservations: ReadonlyMap<string, Reservation>;
  pool: Pool;
  networks: readonly DhcpPolicy[];
}>;

// A policy never changes, so what is looked up in it for every packet is computed once.
const indexes = new WeakMap<DhcpPolicy, Index>();

function indexOf(policy: DhcpPolicy): Index {
  const known = indexes.get(policy);
  if (known) return known;
  const reservations = new Map<string, Reservation>();
  for (const reservation of policy.reservations) {
    const { mac, uuid } = reservation;
    reservations.set(mac, reservation);
    // Firmware may be set to send its UUID in place of its MAC (PXE 2.1 §3.2.1, "SendGUID").
    if (uuid !== undefined) reservations.set(chaddrOfUuid(uuid), reservation);
  }
  const { boot, dialect } = policy;
  const decided = { boot, ...(dialect === undefined ? {} : { dialect }) };
  const relayed = policy.relayed?.map((network): DhcpPolicy => ({ ...network, ...decided })) ?? [];
  const networks = [policy, ...relayed];
  const index = { reservations, pool: makePool(policy), networks };
  indexes.set(policy, index);
  return index;
}

function makePool({ mode, server, router, subnet, range, reservations }: DhcpPolicy): Pool {
  if (mode !== "server" || !range) return { size: 0, usable: 0, text: "", at: () => "", has: () => false };
  const first = ipv4Number(range[0]);
  const size = Math.max(0, ipv4Number(range[1]) - first + 1);
  const inRange = (address: string) => {
    const value = ipv4Number(address);
    return value >= first && value < first + size;
  };
  const taken = new Set([server, ...reservations.map(({ address }) => address)]);
  if (router !== undefined) taken.add(router);
  for (const address of [subnet.network, broadcastOf(subnet)]) {
    if (!isHostOf(subnet, address)) taken.add(address);
  }
  return {
    size,
    usable: size - [...taken].filter(inRange).length,
    text: `${range[0]} to ${range[1]}`,
    at: (index) => formatIpv4(first + (index % size)),
    has: (address) => inRange(address) && !taken.has(address),
  };
}
