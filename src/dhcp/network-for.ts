import { formatSubnet, isHostOf, isInSubnet } from "../wire/ipv4.ts";
import type { DhcpMessage } from "./message.ts";
import { anyAddress } from "./message.ts";
import type { DhcpPolicy } from "./policy.ts";
import { networksOf } from "./policy.ts";
import { relayInformationIn } from "./relay-options.ts";

/** The policy of the network a message came from, or of the one it names: ours, or one behind a relay. */
export function networkFor(
  message: DhcpMessage,
  ours: DhcpPolicy,
): Readonly<{ policy: DhcpPolicy } | { silent: string }> {
  const { giaddr, ciaddr } = message;
  const networks = networksOf(ours);
  // A client behind a router renews without the relay (RFC 2131 §4.3.2): only its address says where it is.
  const at = giaddr === anyAddress ? ciaddr : giaddr;
  const found = networks.find(({ subnet }) => isHostOf(subnet, at));
  // We know our networks. Replying to any other address a packet names would make us a reflector.
  if (giaddr !== anyAddress && (!found || giaddr === ours.server)) {
    const known = networks.map(({ subnet }) => formatSubnet(subnet)).join(" or ");
    return { silent: `relay ${giaddr} is not on ${known}` };
  }
  const named = namedIn(message);
  if (!named) return { policy: found ?? ours };
  const selected = networks.find(({ subnet }) => isInSubnet(subnet, named.address));
  if (selected) return { policy: selected };
  return {
    silent: `${named.by} asks for ${named.address}, which is on no network of ours (${named.option})`,
  };
}

/**
 * The network that is wanted instead of the one the message came by: a relay's own address may be on another network than
 * its clients (RFC 3527), and some ask for a host that is elsewhere (RFC 3011). The relay knows better (RFC 3527 §3).
 */
function namedIn(message: DhcpMessage): { by: string; address: string; option: string } | undefined {
  const { linkSelection } = message.giaddr === anyAddress ? {} : relayInformationIn(message);
  if (linkSelection !== undefined) {
    return { by: `relay ${message.giaddr}`, address: linkSelection, option: "option 82.5" };
  }
  const { subnetSelection } = message.options;
  return subnetSelection === undefined
    ? undefined
    : { by: "it", address: subnetSelection, option: "option 118" };
}
