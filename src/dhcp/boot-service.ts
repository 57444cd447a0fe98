import { formatSubnet, isHostOf } from "../wire/ipv4.ts";
import { bootFieldsFor } from "./boot-fields.ts";
import type { NetbootClient } from "./client.ts";
import { bootProtocolOf, clientOf, pxeClassOf, replyClassOf } from "./client.ts";
import { clientKeyOf } from "./client-key.ts";
import type { ProxyReader } from "./dialect.ts";
import type { DhcpMessage } from "./message.ts";
import type { DhcpPolicy } from "./policy.ts";
import { networksOf } from "./policy.ts";
import type { Observation } from "./proxy-memory.ts";
import type { PxeOptions } from "./pxe-options.ts";
import { encodePxe, readPxe } from "./pxe-options.ts";
import { fitted, replyTo } from "./reply.ts";

/** What the boot server sends back to where the request came from, or why nothing. */
export type BootServiceDecision = Readonly<
  ({ reply: DhcpMessage; reason: string } | { silent: string }) & { observed?: Observation | undefined }
>;

/**
 * What a boot server does about one message to port 4011 (PXE 2.1 §2.2.4). It lends nothing, so a plain REQUEST is no
 * question of leases here; some ROMs send an INFORM instead. Pure, as `decide` is.
 */
export function decideBootService(
  message: DhcpMessage,
  source: string,
  ours: DhcpPolicy,
  proxied: ProxyReader,
): BootServiceDecision {
  const { messageType } = message.options;
  if (message.op !== "BOOTREQUEST") return { silent: "it is a server's reply, not a request" };
  if (messageType !== "DHCPREQUEST" && messageType !== "DHCPINFORM") {
    return { silent: `${messageType ?? "a message of no type we know"} is not for a boot server` };
  }
  const networks = networksOf(ours);
  const policy = networks.find(({ subnet }) => isHostOf(subnet, source));
  // Whoever forges its source would have us send to that.
  if (!policy || source === ours.server) {
    const known = networks.map(({ subnet }) => formatSubnet(subnet)).join(" or ");
    return { silent: `it asks from ${source}, which is not on ${known}` };
  }
  if (policy.mode !== "proxy") return { silent: `${formatSubnet(policy.subnet)} is served without a proxy` };
  const client = clientOf(message);
  const answer = bootReply(message, client, policy);
  const key = clientKeyOf(message, client);
  if (key === undefined) return answer;
  const attempt = proxied.attempt(key);
  const progress = attempt && { attempt: { ...attempt, progressed: true } };
  return { ...answer, observed: { client: key, mac: client.mac, address: source, ...progress } };
}

/** The boot file for a client that was offered none, as a boot server's ACK. */
export function bootReply(
  message: DhcpMessage,
  client: NetbootClient,
  policy: DhcpPolicy,
): Readonly<{ reply: DhcpMessage; reason: string } | { silent: string }> {
  if (bootProtocolOf(client) !== "pxe")
    return { silent: "it is no PXE client, and others need no boot server" };
  const boot = bootFieldsFor(client, policy.boot);
  if (boot.header.file === undefined) return { silent: boot.reason ?? "there is no boot file for it" };
  const bootItem = bootItemOf(message);
  const whole = replyTo(message, "DHCPACK", policy, {
    ...boot.header,
    ciaddr: message.ciaddr,
    options: {
      ...boot.options,
      vendorClassIdentifier: replyClassOf(client),
      ...(bootItem === undefined ? {} : { vendorSpecificInformation: encodePxe({ bootItem }) }),
    },
  });
  const fit = fitted(whole, message);
  if (!fit) return { silent: "the answer is longer than the client accepts (option 57)" };
  return { reply: fit.message, reason: `${boot.reason}, told by the boot server` };
}

/** The menu item a client chose (43.71), which it must find in the answer; undefined in every ordinary DHCP message. */
export function bootItemOf({ options }: DhcpMessage): PxeOptions["bootItem"] {
  const { vendorSpecificInformation, vendorClassIdentifier } = options;
  const isPxe = pxeClassOf(vendorClassIdentifier) !== undefined;
  if (!vendorSpecificInformation || !isPxe) return undefined;
  return readPxe(vendorSpecificInformation)?.bootItem;
}
