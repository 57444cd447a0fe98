import { bootFieldsFor } from "./boot-fields.ts";
import { bootItemOf, bootReply } from "./boot-service.ts";
import { bootProtocolOf, replyClassOf } from "./client.ts";
import type { Asking, Decision } from "./decision.ts";
import { send } from "./decision.ts";
import type { Attempt, Dialect, Lesson, ProxyReader } from "./dialect.ts";
import { nextAttempt, usualDialect } from "./dialect.ts";
import { anyAddress } from "./message.ts";
import type { MessageType } from "./message-types.ts";
import { discovery, encodePxe } from "./pxe-options.ts";
import { everybody, replyTo } from "./reply.ts";

/** What a proxyDHCP server does on port 67, beside a server that lends the addresses (PXE 2.1 §2.2.3). */
export const proxying: Partial<Record<MessageType, (asking: Asking, proxied: ProxyReader) => Decision>> = {
  DHCPDISCOVER: offer,
  DHCPREQUEST: overhear,
  DHCPINFORM: () => othersTask("its settings come from the other DHCP server: this one is a proxy"),
  DHCPDECLINE: () => othersTask("its address came from the other DHCP server"),
  DHCPRELEASE: () => othersTask("its address came from the other DHCP server"),
};

const othersTask = (silent: string): Decision => ({ silent, notOurs: true });

/** An offer with a boot file and without an address, in the dialect that gets this client on. */
function offer(asking: Asking, proxied: ProxyReader): Decision {
  const { message, client, policy, key } = asking;
  const protocol = bootProtocolOf(client);
  if (protocol === undefined) return othersTask("it does not ask to be booted, and a proxy has nothing else");
  const boot = bootFieldsFor(client, policy.boot);
  const { file } = boot.header;
  if (file === undefined) return { silent: boot.reason ?? "there is no boot file for it" };
  if (protocol === "http") {
    // Neither 43 nor port 4011 is part of it: the URI is in the offer, or EDK2 drops that.
    const proxyOffer = replyTo(message, "DHCPOFFER", policy, { ...boot.header, options: boot.options });
    return send(asking, proxyOffer, [`${boot.reason}, beside the other DHCP server`, nameInUri(file)]);
  }
  const { dialect, why, attempt, learned } = dialectFor(asking, proxied);
  const vendorClassIdentifier = replyClassOf(client);
  const proxyOffer =
    dialect === "direct"
      ? replyTo(message, "DHCPOFFER", policy, {
          ...boot.header,
          options: { ...boot.options, vendorClassIdentifier, vendorSpecificInformation: justBootTheFile },
        })
      : // With 43, a file or a boot menu in it, iPXE and EDK2 would not ask port 4011 (iPXE `net/udp/dhcp.c`).
        replyTo(message, "DHCPOFFER", policy, {
          siaddr: policy.server,
          options: { vendorClassIdentifier },
        });
  const sent = send(asking, proxyOffer, [
    dialect === "direct" ? boot.reason : "it may ask port 4011 for its boot file",
    why,
  ]);
  return { ...sent, observed: attempt && { client: key, mac: client.mac, attempt }, learned };
}

const justBootTheFile = encodePxe({ discoveryControl: discovery.justBootTheFile });

/** A site's word is final; an iPXE understands both dialects; all other firmware is watched and learned from. */
function dialectFor(
  { message, client, key, policy, now }: Asking,
  proxied: ProxyReader,
): Readonly<{ dialect: Dialect; why: string; attempt?: Attempt; learned?: Lesson }> {
  const told = policy.dialect?.(client);
  if (told !== undefined) return { dialect: told, why: `${told}, as the site says` };
  const usual = usualDialect(client);
  if (client.ipxe) return { dialect: usual, why: `${usual}, as to every iPXE` };
  const { attempt, learned } = nextAttempt(proxied.attempt(key), { xid: message.xid, usual }, now);
  const { dialect } = attempt;
  if (learned) return { dialect, why: `${dialect}, for ${learned.reason}`, attempt, learned };
  const why = `${dialect}, ${dialect === usual ? "as usual" : "as learned before"}`;
  return { dialect, why, attempt };
}

/**
 * It is the other server's to answer; but the address in it tells who will come and fetch files. Except where it looks
 * for a boot server, which some firmware does by broadcast to this port and not to 4011 (PXE 2.1 §2.2.4).
 */
function overhear({ message, client, key, policy }: Asking): Decision {
  if (bootItemOf(message)) {
    const answer = bootReply(message, client, policy);
    if ("silent" in answer) return answer;
    return { reply: { message: answer.reply, to: everybody }, reason: answer.reason };
  }
  const { requestedIpAddress, serverIdentifier } = message.options;
  const address = requestedIpAddress ?? message.ciaddr;
  const whose = serverIdentifier === undefined ? "the other DHCP server" : `the server ${serverIdentifier}`;
  const silence = othersTask(`its address is the business of ${whose}: this one is a proxy`);
  return address === anyAddress
    ? silence
    : { ...silence, observed: { client: key, mac: client.mac, address } };
}

/** The name servers come with the address, from a server we know nothing of. */
function nameInUri(uri: string): string | undefined {
  const host = URL.parse(uri)?.hostname ?? "";
  return /^[\d.]+$|^\[/.test(host) ? undefined : `to find ${host}, it needs a DNS server from that other one`;
}
