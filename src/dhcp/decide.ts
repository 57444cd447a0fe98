import { clientOf } from "./client.ts";
import { clientKeyOf } from "./client-key.ts";
import type { Decision } from "./decision.ts";
import type { ProxyReader } from "./dialect.ts";
import type { LeaseReader } from "./leases.ts";
import { lending } from "./lending.ts";
import type { DhcpMessage } from "./message.ts";
import { networkFor } from "./network-for.ts";
import type { DhcpPolicy } from "./policy.ts";
import { reservationOf } from "./policy.ts";
import { proxying } from "./proxying.ts";

const nobodyYet: ProxyReader = { attempt: () => undefined };

/** What is done about one message to port 67. Pure: the same arguments give the same answer. */
export function decide(
  message: DhcpMessage,
  ours: DhcpPolicy,
  leases: LeaseReader,
  now: number,
  proxied: ProxyReader = nobodyYet,
): Decision {
  const { messageType } = message.options;
  if (message.op !== "BOOTREQUEST") return { silent: "it is a server's reply, not a request" };
  const network = networkFor(message, ours);
  if ("silent" in network) return network;
  const { policy } = network;
  if (policy.mode === "off") return { silent: "DHCP is switched off" };
  if (messageType === undefined) {
    return { silent: "it names no message type we know: plain BOOTP is not served" };
  }
  const client = clientOf(message);
  const key = clientKeyOf(message, client);
  if (key === undefined) return { silent: "it has neither a hardware address nor a client identifier" };
  if (policy.mode === "reservations" && !reservationOf(policy, client.mac)) {
    return { silent: `${client.mac} has no reservation, and only those are served` };
  }
  const asking = { message, client, key, policy, leases, now };
  const decision =
    policy.mode === "proxy" ? proxying[messageType]?.(asking, proxied) : lending[messageType]?.(asking);
  if (decision === undefined) return { silent: `${messageType} is not for a DHCP server` };
  const { offerDelayMs = 0 } = policy;
  const isDelayed = messageType === "DHCPDISCOVER" && "reply" in decision && offerDelayMs > 0;
  return isDelayed ? { ...decision, delayMs: offerDelayMs } : decision;
}
