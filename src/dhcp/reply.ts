import { broadcastOf, subnetMaskOf } from "../wire/ipv4.ts";
import type { NetbootClient } from "./client.ts";
import type { DhcpMessage } from "./message.ts";
import { anyAddress, broadcastFlag, encodeMessage } from "./message.ts";
import type { MessageType } from "./message-types.ts";
import type { DhcpOptions } from "./options.ts";
import { options } from "./options.ts";
import type { DhcpPolicy } from "./policy.ts";
import { reservationOf } from "./policy.ts";
import { relayInformationIn } from "./relay-options.ts";

/** To a relay's server port, or to a client's port: the shell knows the numbers. */
export type Destination = Readonly<{ address: string; port: "relay" | "client" }>;

export type Reply = Readonly<{ message: DhcpMessage; to: Destination }>;

export const everybody: Destination = { address: "255.255.255.255", port: "client" };

/** What every reply copies from its request (RFC 2131 §4.3.1, table 3; RFC 6842 for 61; PXE 2.1 for 97; RFC 3011 for 118). */
export function replyTo(
  request: DhcpMessage,
  messageType: MessageType,
  policy: DhcpPolicy,
  fields: Partial<Omit<DhcpMessage, "options">> & Readonly<{ options: DhcpOptions }>,
): DhcpMessage {
  const { clientIdentifier, clientMachineIdentifier, relayAgentInformation, subnetSelection } =
    request.options;
  return {
    op: "BOOTREPLY",
    htype: request.htype,
    hops: 0,
    xid: request.xid,
    secs: 0,
    flags: request.flags,
    ciaddr: anyAddress,
    yiaddr: anyAddress,
    siaddr: anyAddress,
    giaddr: request.giaddr,
    chaddr: request.chaddr,
    sname: "",
    file: "",
    ...fields,
    options: {
      messageType,
      serverIdentifier: serverIdentifierFor(request, policy),
      ...fields.options,
      ...(clientIdentifier === undefined ? {} : { clientIdentifier }),
      ...(clientMachineIdentifier === undefined ? {} : { clientMachineIdentifier }),
      ...(subnetSelection === undefined ? {} : { subnetSelection }),
      ...(relayAgentInformation === undefined ? {} : { relayAgentInformation }),
    },
  };
}

/**
 * Who a client is to take us for: us, or the relay that wants to hear all it says (RFC 5107 §4). A proxy is found by it on
 * port 4011, which no relay passes on.
 */
export function serverIdentifierFor(request: DhcpMessage, policy: DhcpPolicy): string {
  if (policy.mode === "proxy" || request.giaddr === anyAddress) return policy.server;
  return relayInformationIn(request).serverIdentifierOverride ?? policy.server;
}

/** How the network is set up, for whoever gets an address here. */
export function networkOptions(policy: DhcpPolicy, client: NetbootClient): DhcpOptions {
  const { subnet, router, dns = [], domain, ntp = [], logServers = [] } = policy;
  const wants = ({ code }: { code: number }) => client.requested?.includes(code) ?? true;
  const hostName = reservationOf(policy, client.mac)?.hostName;
  return {
    subnetMask: subnetMaskOf(subnet),
    broadcastAddress: broadcastOf(subnet),
    ...(router === undefined ? {} : { router: [router] }),
    ...(dns.length === 0 ? {} : { domainNameServer: dns }),
    ...(domain === undefined ? {} : { domainName: domain }),
    ...(hostName === undefined ? {} : { hostName }),
    ...(ntp.length > 0 && wants(options.networkTimeProtocolServers)
      ? { networkTimeProtocolServers: ntp }
      : {}),
    ...(logServers.length > 0 && wants(options.logServer) ? { logServer: logServers } : {}),
  };
}

/** RFC 2131 §4.4.5: renew after half the time, ask anybody after seven eighths. */
export function leaseTimes(leaseTimeMs: number): DhcpOptions {
  const seconds = Math.floor(leaseTimeMs / 1000);
  return {
    ipAddressLeaseTime: seconds,
    renewalTimeValue: Math.floor(seconds / 2),
    rebindingTimeValue: Math.floor((seconds * 7) / 8),
  };
}

/**
 * Through the relay it came by; to the address it uses; otherwise to everybody. A client without an address cannot
 * answer ARP, and EDK2 ignores the subnet's own broadcast address.
 */
export function destinationOf(reply: DhcpMessage): Destination {
  if (reply.giaddr !== anyAddress) return { address: reply.giaddr, port: "relay" };
  if (reply.ciaddr !== anyAddress) return { address: reply.ciaddr, port: "client" };
  return everybody;
}

/** RFC 2131 §4.1: a relay can reach a client that was refused only by broadcasting. */
export function flagsOfNak(request: DhcpMessage): number {
  return request.giaddr === anyAddress ? request.flags : request.flags | broadcastFlag;
}

/** Left out in this order when a client takes only short messages: it boots without every one of them. */
const expendable = [
  "logServer",
  "networkTimeProtocolServers",
  "broadcastAddress",
  "rebindingTimeValue",
  "renewalTimeValue",
  "tftpServerAddress",
  "hostName",
  "domainName",
  "tftpServerName",
  "domainNameServer",
  "message",
] as const satisfies readonly (keyof DhcpOptions)[];

/** A reply that the request's sender can hold, with what had to go; undefined when nothing more can go. */
export function fitted(
  reply: DhcpMessage,
  request: DhcpMessage,
): { message: DhcpMessage; leftOut: readonly string[] } | undefined {
  const room = longestReply(request);
  const kept: DhcpOptions = { ...reply.options };
  const leftOut: string[] = [];
  let message = reply;
  for (const name of [...expendable, undefined]) {
    if (encodeMessage(message).length <= room) return { message, leftOut };
    if (name === undefined || kept[name] === undefined) continue;
    delete kept[name];
    leftOut.push(name);
    message = { ...reply, options: { ...kept } };
  }
  return undefined;
}

const ipAndUdpHeaders = 28;
const everybodyAccepts = 576; // RFC 2131 §2
const oneEthernetFrame = 1500; // ROMs do not put fragments together

/** Option 57 counts the IP datagram; firmware says 1472. */
function longestReply(request: DhcpMessage): number {
  const said = request.options.maximumDhcpMessageSize ?? everybodyAccepts;
  return Math.min(Math.max(said, everybodyAccepts), oneEthernetFrame) - ipAndUdpHeaders;
}
