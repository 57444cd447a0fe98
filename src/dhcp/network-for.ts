import { DecodeError } from "../core/errors.ts";
import { formatSubnet, isHostOf, isInSubnet } from "../wire/ipv4.ts";
import type { DhcpMessage } from "./message.ts";
import { anyAddress } from "./message.ts";
import type { DhcpPolicy } from "./policy.ts";
import { networksOf } from "./policy.ts";
import { decodeRelay } from "./relay-options.ts";

/** The policy of the network a message came from: ours, or one behind a relay. */
export function networkFor(
  message: DhcpMessage,
  ours: DhcpPolicy,
): Readonly<{ policy: DhcpPolicy } | { silent: string }> {
  const { giaddr, ciaddr } = message;
  const networks = networksOf(ours);
  if (giaddr === anyAddress) {
    // A client behind a router renews without the relay (RFC 2131 §4.3.2): only its address says where it is.
    return { policy: networks.find(({ subnet }) => isHostOf(subnet, ciaddr)) ?? ours };
  }
  // We know our networks. Replying to any other address a packet names would make us a reflector.
  const relayed = networks.find(({ subnet }) => isHostOf(subnet, giaddr));
  if (!relayed || giaddr === ours.server) {
    const known = networks.map(({ subnet }) => formatSubnet(subnet)).join(" or ");
    return { silent: `relay ${giaddr} is not on ${known}` };
  }
  const link = linkSelection(message);
  if (link === undefined) return { policy: relayed };
  const selected = networks.find(({ subnet }) => isInSubnet(subnet, link));
  if (selected) return { policy: selected };
  return { silent: `relay ${giaddr} asks for ${link}, which is on no network of ours (option 82.5)` };
}

/** A relay whose own address is on another network than its clients says theirs in here (RFC 3527). */
function linkSelection({ options: { relayAgentInformation } }: DhcpMessage): string | undefined {
  if (!relayAgentInformation) return undefined;
  try {
    return decodeRelay(relayAgentInformation).known.linkSelection;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined; // it is echoed all the same: what is in it is the relay's business
  }
}
