import { randomBytes } from "node:crypto";
import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { DecodeError, DrybootError, isAbort } from "../core/errors.ts";
import { listenFailed } from "../core/listen-failed.ts";
import { printable } from "../core/printable.ts";
import type { DhcpMessage } from "../dhcp/message.ts";
import { anyAddress, broadcastFlag, decodeMessage, encodeMessage } from "../dhcp/message.ts";
import { formatMac } from "../wire/mac.ts";
import type { ForeignServer } from "./facts.ts";

export type Question = Readonly<{
  /** Our own address on the segment: what is sent from it leaves there, and offers "from" it are our own. */
  address: string;
  /** Where offers arrive, besides the limited broadcast address: some servers use the subnet's own. */
  broadcast: string;
  waitMs?: number;
  /** For tests: everything on one host. */
  ports?: Readonly<{ client: number; server: number }>;
  to?: string;
}>;

/** dnsmasq pings an address for up to 3 s before it offers it, and answers nobody meanwhile. */
export const defaultWaitMs = 4000;
/** One DISCOVER may be lost, or come before a switch port forwards. */
const askAgainMs = 1500;
/** After the first answer: a second server is rarely slower by more. */
const lingerMs = 300;
const mostServers = 16;

/**
 * Asks the segment for an address as a machine nobody knows, and returns who offered one. The offers are never taken,
 * so they lapse. Needs the DHCP client's port, which only root may have.
 */
export async function findForeignServers(question: Question, signal: AbortSignal): Promise<ForeignServer[]> {
  const { address, broadcast, waitMs = defaultWaitMs, to = "255.255.255.255" } = question;
  const { client, server } = question.ports ?? { client: 68, server: 67 };
  await using sockets = new AsyncDisposableStack();
  const own = sockets.adopt(await bindClient(address, client, signal), closed);
  const heard = new Map<string, ForeignServer>();
  const enough = new AbortController();
  const discover = discoverOf(randomMac(), randomBytes(4).readUInt32BE());
  const listen = (socket: Socket) => {
    socket.on("error", () => {}); // an ICMP message about what we sent
    socket.on("message", (bytes, { address: from }) => {
      const offer = offerIn(bytes, from, discover);
      if (offer === undefined || offer.server === address || heard.size >= mostServers) return;
      heard.set(offer.server, offer);
      setTimeout(() => enough.abort(), lingerMs).unref();
    });
  };
  listen(own);
  for (const other of new Set(question.ports ? [] : ["255.255.255.255", broadcast])) {
    listen(sockets.adopt(await bindClient(other, client, signal), closed));
  }
  const packet = encodeMessage(discover);
  const ask = () => own.send(packet, server, to, () => {}); // unsendable is unanswered
  ask();
  const again = setTimeout(ask, Math.min(askAgainMs, waitMs / 2));
  try {
    await sleep(waitMs, undefined, { signal: AbortSignal.any([signal, enough.signal]) });
  } catch (error) {
    if (!isAbort(error)) throw error;
    signal.throwIfAborted();
  } finally {
    clearTimeout(again);
  }
  return [...heard.values()];
}

/** Its host name is for whoever finds it in the other server's log. */
export function discoverOf(chaddr: Uint8Array, xid: number): DhcpMessage {
  return {
    op: "BOOTREQUEST",
    htype: 1,
    hops: 0,
    xid,
    secs: 0,
    flags: broadcastFlag, // we have no such address to be answered at
    ciaddr: anyAddress,
    yiaddr: anyAddress,
    siaddr: anyAddress,
    giaddr: anyAddress,
    chaddr,
    sname: "",
    file: "",
    options: {
      messageType: "DHCPDISCOVER",
      hostName: "dryboot-probe",
      // subnet mask, router, lease time, server identifier, TFTP server, boot file
      parameterRequestList: [1, 3, 51, 54, 66, 67],
    },
  };
}

/** What a datagram offers to our question; undefined when it is no offer of an address, or not to us. */
export function offerIn(bytes: Uint8Array, from: string, asked: DhcpMessage): ForeignServer | undefined {
  let message: ReturnType<typeof decodeMessage>;
  try {
    message = decodeMessage(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
  const { options } = message;
  const ours =
    message.op === "BOOTREPLY" &&
    message.xid === asked.xid &&
    formatMac(message.chaddr) === formatMac(asked.chaddr);
  // A proxyDHCP server offers no address: it is no rival.
  if (!ours || options.messageType !== "DHCPOFFER" || message.yiaddr === anyAddress) return undefined;
  const file = options.bootfileName ?? message.file;
  const [router] = options.router ?? [];
  return {
    server: options.serverIdentifier ?? from,
    from,
    yiaddr: message.yiaddr,
    ...(router === undefined ? {} : { router }),
    ...(file === "" ? {} : { bootfileName: printable(file) }),
    ...(options.ipAddressLeaseTime === undefined ? {} : { leaseTimeMs: options.ipAddressLeaseTime * 1000 }),
  };
}

/** "192.0.2.1 offered 192.0.2.77, router 192.0.2.254, boot file x" */
export function describeOffer({ server, from, yiaddr, router, bootfileName }: ForeignServer): string {
  const via = from === server ? "" : ` (from ${from})`;
  const more = [
    ...(router === undefined ? [] : [`router ${router}`]),
    ...(bootfileName === undefined ? [] : [`boot file ${bootfileName}`]),
  ];
  return [`${server}${via} offered ${yiaddr}`, ...more].join(", ");
}

/** Locally administered and unicast (IEEE 802 §8.2), so that no real card can have it. */
function randomMac(): Uint8Array {
  const mac = Uint8Array.from(randomBytes(6));
  mac[0] = ((mac[0] ?? 0) & 0xfc) | 0x02;
  return mac;
}

/** With `reuseAddr`: this machine's own DHCP client may hold the port, and broadcasts reach both. */
async function bindClient(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  try {
    socket.bind(port, address);
    await once(socket, "listening", { signal });
    socket.setBroadcast(true);
    return socket;
  } catch (cause) {
    socket.close();
    signal.throwIfAborted();
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") {
      throw listenFailed("DHCP", "udp", address, port, cause);
    }
    throw new DrybootError(`cannot look for other DHCP servers: udp port ${port} is taken`, {
      code: "PROBE_IMPOSSIBLE",
      where: `udp ${address}:${port}`,
      hint: "a DHCP client of this machine holds it (`ss -ulpn` names it): stop it, or start without looking by --force",
      cause,
    });
  }
}

const closed = (socket: Socket) => new Promise<void>((resolve) => socket.close(resolve));
