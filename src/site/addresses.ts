import type { Subnet } from "../wire/ipv4.ts";
import { broadcastOf, formatIpv4, ipv4Number, parseSubnet } from "../wire/ipv4.ts";
import type { Site } from "./schema.ts";

/** The subnet of a site that passed its schema. */
export function subnetOf({ subnet }: Readonly<{ subnet: string }>): Subnet {
  const parsed = parseSubnet(subnet);
  if (!parsed) throw new RangeError(`"${subnet}" passed the schema and is no subnet`);
  return parsed;
}

/** The address dryboot serves from: the site's word, else the first of the subnet. */
export function serverAddress(network: Site["network"]): string {
  return network.server ?? formatIpv4(ipv4Number(subnetOf(network).network) + 1);
}

/** Addresses for machines without one of their own: the site's word, else up to 256 from the middle of the subnet. */
export function leaseRange(
  subnet: Subnet,
  given: readonly [string, string] | undefined,
): readonly [string, string] {
  if (given) return given;
  const [first, broadcast] = [ipv4Number(subnet.network), ipv4Number(broadcastOf(subnet))];
  const middle = first + (broadcast - first + 1) / 2;
  return [formatIpv4(middle), formatIpv4(Math.min(broadcast - 1, middle + 255))];
}
