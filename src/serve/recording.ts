import { DecodeError } from "../core/errors.ts";
import { printable } from "../core/printable.ts";
import { decodeMessage as decodeDhcp } from "../dhcp/message.ts";
import { decodeMessage as decodeTftp } from "../tftp/message.ts";
import { isBootReply, isBootRequest } from "../wire/boot-traffic.ts";
import type { UdpDatagram } from "../wire/ethernet.ts";
import { udpDatagramOf } from "../wire/ethernet.ts";
import { formatMac } from "../wire/mac.ts";

const ethernet = 1;
const tftpPort = 69;

/** Which frames are kept. */
export type Wanted = Readonly<{ replies: boolean; mac?: string | undefined }>;

/** A frame worth keeping: whose it is, and what it says in a few words. */
export type Heard = Readonly<{ mac: string; says: string }>;

/** What a frame has to do with booting; undefined when nothing, or with another machine than the one that is wanted. */
export function heardIn(frame: Uint8Array, { replies, mac: wanted }: Wanted): Heard | undefined {
  const datagram = udpDatagramOf(ethernet, frame);
  if (!datagram || !(isBootRequest(datagram) || (replies && isBootReply(datagram)))) return undefined;
  const heard = datagram.destinationPort === tftpPort ? tftpIn(datagram) : dhcpIn(datagram);
  return wanted === undefined || heard.mac === wanted ? heard : undefined;
}

/** A relay has a MAC of its own, so the client's is read from the message. What is damaged is kept: it may be the clue. */
function dhcpIn({ payload, destinationPort, mac = "" }: UdpDatagram): Heard {
  try {
    const { chaddr, op, options } = decodeDhcp(payload);
    const { messageType, vendorClassIdentifier } = options;
    const kind = messageType ?? `BOOTP ${op === "BOOTREQUEST" ? "request" : "reply"}`;
    const who = vendorClassIdentifier === undefined ? "" : `, ${printable(vendorClassIdentifier, 60)}`;
    return { mac: formatMac(chaddr), says: `${kind} to port ${destinationPort}${who}` };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { mac, says: `no DHCP message to port ${destinationPort}: ${error.message}` };
  }
}

function tftpIn({ payload, mac = "" }: UdpDatagram): Heard {
  try {
    const message = decodeTftp(payload);
    const file = "filename" in message ? ` ${printable(message.filename, 80)}` : "";
    return { mac, says: `TFTP ${message.type}${file}` };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { mac, says: `no TFTP request to port 69: ${error.message}` };
  }
}
