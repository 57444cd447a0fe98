import type { RouterAdvertisement, RouterSolicitation } from "./message.ts";

/**
 * Why a netboot segment has a router that routes nothing: iPXE configures IPv4 and IPv6 at once and waits for both.
 * Without an advertisement it solicits for 13 s after the DHCP ACK before it gives IPv6 up and asks for its first file.
 * Any advertisement ends the wait, at once when it sets neither M nor O (else iPXE goes on to DHCPv6). A router lifetime
 * of 0 and no prefix option leave every guest without a global address and without a route (RFC 4861 §6.3.4). Nor are there
 * DNS servers or search domains in it (RFC 8106): ours answers over IPv4 only, and names come with the DHCP lease; a resolver
 * given a server that it cannot reach waits for it in every look-up.
 */
export const silentRouter: RouterAdvertisement = {
  curHopLimit: 0,
  managed: false,
  otherConfig: false,
  routerLifetimeSeconds: 0,
  reachableTimeMs: 0,
  retransTimerMs: 0,
};

/** Everybody is answered at once, so a flood of solicitations costs no more than a few. */
export const allNodes = "ff02::1";

/**
 * RFC 4861 §6.2.6 spreads answers over half a second and multicasts them at most every 3 s, for links with many routers
 * and thousands of hosts. Here is one router and a handful of machines, each waiting: the gap only bounds the rate.
 */
const minGapMs = 100;
/** The smallest MaxRtrAdvInterval (RFC 4861 §6.2.1). Only a host whose solicitations were all lost ever needs one. */
const intervalMs = 4000;
/** How soon to try again when a host waits and the interface cannot send: a bridge gets its link-local address only with its first guest. */
const retryMs = 50;

/** When the next advertisement goes out, on a clock that never goes back. */
export type Schedule = Readonly<{ dueMs: number; lastSentMs: number; solicited: boolean }>;

export const startSchedule = (nowMs: number): Schedule => ({
  dueMs: nowMs,
  lastSentMs: Number.NEGATIVE_INFINITY,
  solicited: false,
});

export function onSolicitation(schedule: Schedule, nowMs: number): Schedule {
  const soonestMs = Math.max(nowMs, schedule.lastSentMs + minGapMs);
  return { ...schedule, dueMs: Math.min(schedule.dueMs, soonestMs), solicited: true };
}

export const onSent = (nowMs: number): Schedule => ({
  dueMs: nowMs + intervalMs,
  lastSentMs: nowMs,
  solicited: false,
});

export const onUnsendable = (schedule: Schedule, nowMs: number): Schedule => ({
  ...schedule,
  dueMs: nowMs + (schedule.solicited ? retryMs : intervalMs),
});

/** Why this solicitation is not answered, or undefined: RFC 4861 §6.1.1. */
export function whyIgnored(from: string, solicitation: RouterSolicitation): string | undefined {
  const unspecified = from === "::";
  // The RFC asks for hop limit 255, to prove that no router passed the packet on. These two kinds of source prove the
  // same: no router forwards them (RFC 4291 §2.5.2, §2.5.6). iPXE sends from its link-local address.
  if (!unspecified && !/^fe[89ab][0-9a-f]:/i.test(from)) return "its source address is not of this link";
  if (unspecified && solicitation.sourceLinkLayerAddress !== undefined)
    return "it has no address and yet names one of its link layer";
  return undefined;
}
