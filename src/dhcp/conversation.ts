import { parseSubnet } from "../wire/ipv4.ts";
import { macBytes } from "../wire/mac.ts";
import { udhcpcDiscover } from "./captured-messages.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./decision.ts";
import type { Lease, LeaseTable } from "./leases.ts";
import type { DhcpMessage } from "./message.ts";
import { decodeMessage } from "./message.ts";
import type { MessageType } from "./message-types.ts";
import type { DhcpOptions } from "./options.ts";
import type { DhcpPolicy } from "./policy.ts";

/** A small network and its clients, for tests of what is answered. */
export const subnet = parseSubnet("10.69.0.0/24") ?? { network: "", prefixLength: 0 };
export const server = "10.69.0.1";
export const policy: DhcpPolicy = {
  mode: "server",
  server,
  subnet,
  router: "10.69.0.254",
  dns: [server],
  domain: "lab.internal",
  leaseTimeMs: 3_600_000,
  range: ["10.69.0.100", "10.69.0.103"],
  reservations: [{ mac: "52:54:00:69:00:0a", address: "10.69.0.10", hostName: "node1" }],
  boot: () => ({ file: "loader.efi", nextServer: server }),
};
export const reserved = "52:54:00:69:00:0a";
export const stranger = "52:54:00:69:00:0b";
export const os = decodeMessage(udhcpcDiscover);

/** An operating system's message; all it says is in `options` and `header`. */
export function from(
  mac: string,
  messageType: MessageType,
  options: DhcpOptions = {},
  header = {},
): DhcpMessage {
  return { ...os, chaddr: macBytes(mac), ...header, options: { messageType, ...options } };
}

/** Decides a series of messages as the server would, storing leases in between; returns the last decision. */
export function converse(
  leases: LeaseTable,
  messages: readonly DhcpMessage[],
  at = 0,
  under = policy,
): Decision {
  let decision: Decision = { silent: "nothing was asked" };
  for (const message of messages) {
    decision = decide(message, under, leases, at);
    if (decision.store) leases.store(decision.store);
  }
  return decision;
}

export const summary = (decision: Decision) =>
  "silent" in decision
    ? decision.silent
    : `${decision.reply.message.options.messageType} ${decision.reply.message.yiaddr}`;
export const replied = (decision: Decision) => {
  if ("silent" in decision) throw new Error(`silent: ${decision.silent}`);
  return decision;
};
export const bound = (address: string, mac: string, until = 1e9): Lease => ({
  address,
  client: `1/${mac}`,
  mac,
  state: "bound",
  until,
});
