import { formatSubnet, isHostOf } from "../wire/ipv4.ts";
import { assign } from "./assign.ts";
import { bootFieldsFor } from "./boot-fields.ts";
import type { Asking, Decision } from "./decision.ts";
import { send } from "./decision.ts";
import type { Lease } from "./leases.ts";
import { anyAddress } from "./message.ts";
import type { MessageType } from "./message-types.ts";
import { poolOf } from "./policy.ts";
import { flagsOfNak, leaseTimes, networkOptions, replyTo, serverIdentifierFor } from "./reply.ts";

/** EDK2 collects offers for up to 32 s before it chooses one. */
const offerHoldMs = 60_000;
const quarantineMs = 600_000;
/** A machine that netboots asks three or four times within this: firmware, loader, kernel, system. */
const longestHoldMs = 600_000;
/** A quarter of the pool at most may rest: otherwise one client could decline all of it. */
const quarantinedShare = 4;

/** What a server that lends addresses does about each kind of message (RFC 2131 §4.3). */
export const lending: Partial<Record<MessageType, (asking: Asking) => Decision>> = {
  DHCPDISCOVER: discover,
  DHCPREQUEST: request,
  DHCPDECLINE: decline,
  DHCPRELEASE: release,
  DHCPINFORM: inform,
};

function discover(asking: Asking): Decision {
  const { message, client, key, policy, leases, now } = asking;
  const assignment = assign(
    { key, mac: client.mac, requested: message.options.requestedIpAddress },
    policy,
    leases,
    now,
  );
  if ("none" in assignment) return { silent: assignment.none };
  const { address, why } = assignment;
  const has = leases.at(address);
  // Asking again must not shorten a lease: anybody can send a DISCOVER in somebody's name.
  const holds = has?.client === key && has.state === "bound" && has.until > now + offerHoldMs;
  const store = holds ? undefined : leaseFor(asking, address, "offered", now + offerHoldMs);
  return configure(asking, "DHCPOFFER", `${address}: ${why}`, address, store);
}

/** SELECTING, INIT-REBOOT, RENEWING and REBINDING (RFC 2131 §4.3.2) differ only in where the address stands. */
function request(asking: Asking): Decision {
  const { message, client, key, policy, leases, now } = asking;
  const { serverIdentifier, requestedIpAddress } = message.options;
  if (serverIdentifier !== undefined && serverIdentifier !== serverIdentifierFor(message, policy)) {
    const has = leases.of(key);
    return {
      silent: `it chose the server ${serverIdentifier}`,
      notOurs: true,
      store: has?.state === "offered" ? over(has, now) : undefined,
    };
  }
  const wanted = requestedIpAddress ?? message.ciaddr;
  if (wanted === anyAddress) return { silent: "its request names no address" };
  if (!isHostOf(policy.subnet, wanted)) {
    return refuse(asking, `${wanted} is not on ${formatSubnet(policy.subnet)}`);
  }
  const assignment = assign({ key, mac: client.mac, requested: wanted }, policy, leases, now);
  if ("none" in assignment) return refuse(asking, `${wanted} cannot be its address: ${assignment.none}`);
  const { address, why } = assignment;
  if (address !== wanted) return refuse(asking, `${wanted} is not its address, ${address} is: ${why}`);
  const until = now + policy.leaseTimeMs;
  const lease = leaseFor(asking, address, "bound", until);
  const held = heldBefore(lease, leases.at(address));
  const heldUntil = held ?? until + Math.min(longestHoldMs, policy.leaseTimeMs / 8);
  const answer = configure(asking, "DHCPACK", `${address}: ${why}`, address, { ...lease, heldUntil });
  return { ...answer, isHeld: held !== undefined };
}

/** Until when the disk holds the same lease since before, if that is long enough. */
function heldBefore(lease: Lease, has: Lease | undefined): number | undefined {
  if (has?.state !== "bound" || has.heldUntil === undefined || has.heldUntil < lease.until) return undefined;
  const isSame = has.client === lease.client && has.mac === lease.mac && has.hostName === lease.hostName;
  return isSame ? has.heldUntil : undefined;
}

/** It found somebody at the address (RFC 2131 §4.3.3). */
function decline(asking: Asking): Decision {
  const { message, key, policy, leases, now } = asking;
  const { serverIdentifier, requestedIpAddress: address } = message.options;
  const has = leases.of(key);
  const isForUs = serverIdentifier === serverIdentifierFor(message, policy);
  if (!isForUs || address === undefined || has?.address !== address) {
    return { silent: `it declines ${address ?? "no address"}, which is no lease of its from us` };
  }
  const mayRest =
    Math.max(1, Math.floor(poolOf(policy).size / quarantinedShare)) + policy.reservations.length;
  if (leases.resting(policy.subnet, now) >= mayRest) {
    return {
      silent: `it declined ${address}; too many addresses rest already, so this one stays in use`,
      store: over(has, now),
    };
  }
  return {
    silent: `it declined ${address}: somebody else uses it, so nobody gets it for 10 minutes`,
    store: { ...over(has, now + quarantineMs), state: "declined" },
  };
}

function release(asking: Asking): Decision {
  const { message, key, policy, leases, now } = asking;
  const { serverIdentifier } = message.options;
  const has = leases.of(key);
  const us = serverIdentifierFor(message, policy);
  if ((serverIdentifier ?? us) !== us || has?.address !== message.ciaddr) {
    return { silent: `it releases ${message.ciaddr}, which is no lease of its from us` };
  }
  return {
    silent: `it released ${has.address}`,
    store: over(has, Math.min(now, has.until)),
  };
}

function over({ heldUntil: _, ...lease }: Lease, until: number): Lease {
  return { ...lease, state: "ended", until };
}

/** It has an address and wants the rest (RFC 2131 §4.3.5): no lease, no lease time, no yiaddr. */
function inform(asking: Asking): Decision {
  const { message, policy } = asking;
  if (!isHostOf(policy.subnet, message.ciaddr) || message.ciaddr === policy.server) {
    return { silent: `it asks from ${message.ciaddr}, which is not on ${formatSubnet(policy.subnet)}` };
  }
  return configure(asking, "DHCPACK", `it has ${message.ciaddr} and asks for settings`);
}

function configure(
  asking: Asking,
  messageType: "DHCPOFFER" | "DHCPACK",
  why: string,
  yiaddr?: string,
  store?: Lease,
): Decision {
  const { message, client, policy } = asking;
  const boot = bootFieldsFor(client, policy.boot);
  const whole = replyTo(message, messageType, policy, {
    ...boot.header,
    // Only an address we know to be its own: the reply goes there.
    ciaddr:
      messageType === "DHCPACK" && (yiaddr ?? message.ciaddr) === message.ciaddr
        ? message.ciaddr
        : anyAddress,
    yiaddr: yiaddr ?? anyAddress,
    options: {
      ...(yiaddr === undefined ? {} : leaseTimes(policy.leaseTimeMs)),
      ...networkOptions(policy, client),
      ...boot.options,
    },
  });
  return { ...send(asking, whole, [why, boot.reason]), store };
}

/** DHCPNAK: back to the start with you (RFC 2131 §4.3.2). Always broadcast, for the address it has is wrong. */
function refuse(asking: Asking, reason: string): Decision {
  const { message, policy } = asking;
  const nak = replyTo(message, "DHCPNAK", policy, {
    flags: flagsOfNak(message),
    options: { message: reason },
  });
  return send(asking, nak, [reason]);
}

function leaseFor({ client, key }: Asking, address: string, state: Lease["state"], until: number): Lease {
  const { mac, hostName } = client;
  return { address, client: key, mac, state, until, ...(hostName === undefined ? {} : { hostName }) };
}
