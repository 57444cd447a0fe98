import { DecodeError } from "../core/errors.ts";
import type { Recorder } from "../core/timeline.ts";
import { clientOf } from "./client.ts";
import type { DhcpFacts } from "./facts.ts";
import type { DecodedMessage, DhcpMessage } from "./message.ts";
import { anyAddress, decodeMessage } from "./message.ts";

/** The message, or undefined where there is none and that has been reported. */
export function decodeReported(
  bytes: Uint8Array,
  from: string,
  timeline: Recorder<DhcpFacts>,
): DecodedMessage | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    timeline.record("dhcp.malformed", { from, problem: error.message });
    return undefined;
  }
}

/** Who asked what: all facts about one message begin with `asked`; `received` only where its type has a name. */
export function receivedFact(
  message: DecodedMessage,
  from: string,
): {
  asked: Pick<DhcpFacts["dhcp.silent"], "mac" | "messageType"> & { xid: string };
  received?: DhcpFacts["dhcp.received"];
} {
  const client = clientOf(message);
  const { uuid, vendorClass, ipxe, hostName, architectures, userClasses, mac } = client;
  const { messageType } = message.options;
  const xid = message.xid.toString(16).padStart(8, "0");
  if (messageType === undefined) return { asked: { mac, xid } };
  const received = {
    mac,
    xid,
    messageType,
    from,
    ...(architectures.length === 0 ? {} : { clientSystemArch: [...architectures] }),
    ...(vendorClass === undefined ? {} : { vendorClassIdentifier: vendorClass }),
    ...(userClasses.length === 0 ? {} : { userClass: [...userClasses] }),
    ...(uuid === undefined ? {} : { clientMachineIdentifier: uuid }),
    ...(ipxe === undefined ? {} : { ipxeFeatures: [...ipxe.features] }),
    ...(ipxe?.version === undefined ? {} : { ipxeVersion: ipxe.version }),
    ...(hostName === undefined ? {} : { hostName }),
    ...(message.issues.length === 0 ? {} : { issues: message.issues.map((issue) => issue.message) }),
  };
  return { asked: { mac, xid, messageType }, received };
}

/** What was answered; with `asked` in front it is the whole fact. */
export function sentFact(reply: DhcpMessage, to: string, reason: string) {
  return {
    messageType: reply.options.messageType ?? ("DHCPACK" as const),
    yiaddr: reply.yiaddr,
    ...(reply.siaddr === anyAddress ? {} : { siaddr: reply.siaddr }),
    ...(reply.options.bootfileName === undefined ? {} : { bootfileName: reply.options.bootfileName }),
    to,
    reason,
  };
}
