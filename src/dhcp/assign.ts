import { ipv4Number } from "../wire/ipv4.ts";
import type { ClientKey, Lease, LeaseReader } from "./leases.ts";
import type { DhcpPolicy, Pool } from "./policy.ts";
import { poolOf, reservationOf } from "./policy.ts";

/** An address and why this one, or why none. */
export type Assignment = Readonly<{ address: string; why: string } | { none: string }>;

/**
 * The address one client should have now (RFC 2131 §4.3.1): its reservation, what it had, what it asks for, an
 * address nobody had yet, the one abandoned longest ago.
 */
export function assign(
  client: Readonly<{ key: ClientKey; mac: string; requested: string | undefined }>,
  policy: DhcpPolicy,
  leases: LeaseReader,
  now: number,
): Assignment {
  const isFree = (address: string) => {
    const lease = leases.at(address);
    return !lease || lease.until <= now || (lease.client === client.key && lease.state !== "declined");
  };
  const reserved = reservationOf(policy, client.mac)?.address;
  if (reserved === undefined) return fromPool();
  if (isFree(reserved)) return { address: reserved, why: "reserved for it" };
  const instead = ` (its reserved ${reserved} is ${busyBecause(leases, reserved)})`;
  const other = fromPool();
  return "none" in other ? { none: other.none + instead } : { ...other, why: other.why + instead };

  function fromPool(): Assignment {
    const pool = poolOf(policy);
    if (pool.size === 0) return { none: "there is no pool to give addresses from" };
    const has = leases.of(client.key);
    if (has && pool.has(has.address)) return { address: has.address, why: whyKept(has, now) };
    const { requested } = client;
    if (requested !== undefined && pool.has(requested) && isFree(requested)) {
      return { address: requested, why: "it asked for this free address" };
    }
    return neverUsed(pool, client.key, leases) ?? longestAbandoned(pool, leases, now);
  }
}

function neverUsed(pool: Pool, key: ClientKey, leases: LeaseReader): Assignment | undefined {
  for (const address of leases.probed) {
    if (pool.has(address)) return { address, why: "nobody had it yet, and nobody answered there" };
  }
  // Starting where the client's name points gives a machine the same address again after we forgot everything.
  const start = hash(key) % pool.size;
  const address =
    unusedBetween(start, pool.size - 1, pool, leases) ?? unusedBetween(0, start - 1, pool, leases);
  return address === undefined ? undefined : { address, why: "nobody had it yet" };
}

/** The first address of this part of the pool that has no record; those reserved or our own are passed over. */
export function unusedBetween(
  first: number,
  last: number,
  pool: Pool,
  leases: LeaseReader,
): string | undefined {
  for (let index = first; index <= last; index += 1) {
    const address = leases.unused(pool.at(index), pool.at(last));
    if (address === undefined || pool.has(address)) return address;
    index = ipv4Number(address) - ipv4Number(pool.at(0));
  }
  return undefined;
}

function longestAbandoned(pool: Pool, leases: LeaseReader, now: number): Assignment {
  const lease = leases.longestOver(now, pool.has);
  return lease
    ? { address: lease.address, why: "its last lease is over" }
    : { none: `no address of ${pool.text} is free` };
}

function whyKept({ state, until }: Lease, now: number): string {
  if (until <= now) return "it had this address before";
  return state === "bound" ? "leased to it" : "offered to it";
}

function busyBecause(leases: LeaseReader, address: string): string {
  const lease = leases.at(address);
  return lease?.state === "declined" ? "used by a stranger" : `still leased to ${lease?.mac}`;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) {
    value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  }
  return value;
}
