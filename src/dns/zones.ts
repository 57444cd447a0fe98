import type { Subnet } from "../wire/ipv4.ts";
import { isInSubnet, parseIpv4 } from "../wire/ipv4.ts";

/** The part of `name` in front of `zone`: `""` for the zone itself, undefined for a name that is not in it. */
export function withinZone(name: string, zone: string): string | undefined {
  if (name === zone) return "";
  return name.endsWith(`.${zone}`) ? name.slice(0, -zone.length - 1) : undefined;
}

/** Where a name stands among a subnet's reverse names. */
export type ReverseName = Readonly<{
  /** The name that the zone's SOA belongs to. */
  zone: string;
  /** The address it is the whole name of. */
  address?: string;
  /** Whether names below it or itself can exist: then it has no records of a kind, otherwise there is no such name. */
  exists: boolean;
}>;

const reverseDomain = "in-addr.arpa";

/**
 * Reverse zones are cut at whole bytes (RFC 1035 §3.5): a /24 has one, a /20 sixteen, and of a /26, whose zone is not
 * ours alone, each address is one by itself.
 */
export function reverseName(name: string, subnet: Subnet): ReverseName | undefined {
  const below = withinZone(name, reverseDomain);
  if (!below) return undefined;
  const labels = below.split(".").reverse(); // now in the order of the address
  const zoneBytes = Math.ceil(subnet.prefixLength / 8);
  const zoneLabels = labels.slice(0, zoneBytes);
  const first = addressOf(zoneLabels);
  if (zoneLabels.length < zoneBytes || first === undefined || !isInSubnet(subnet, first)) return undefined;
  const zone = [...zoneLabels.toReversed(), reverseDomain].join(".");
  const whole = labels.length <= 4 ? addressOf(labels) : undefined;
  if (whole === undefined) return { zone, exists: false };
  return labels.length === 4 ? { zone, address: whole, exists: true } : { zone, exists: true };
}

/** The first address that begins with these bytes. */
function addressOf(bytes: readonly string[]): string | undefined {
  const address = [...bytes, "0", "0", "0"].slice(0, 4).join(".");
  return parseIpv4(address) === undefined ? undefined : address;
}
