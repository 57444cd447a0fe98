import { decideBootService } from "../dhcp/boot-service.ts";
import { clientOf } from "../dhcp/client.ts";
import { decide } from "../dhcp/decide.ts";
import { LeaseTable } from "../dhcp/leases.ts";
import type { DecodedMessage, DhcpMessage } from "../dhcp/message.ts";
import { decodeMessage, encodeMessage } from "../dhcp/message.ts";
import { ProxyMemory } from "../dhcp/proxy-memory.ts";
import { decodeMessage as decodeTftp } from "../tftp/message.ts";
import { negotiate } from "../tftp/options.ts";
import { normalisePath } from "../tftp/path.ts";
import type { CorpusRequest } from "./corpus.fixture.ts";
import { world } from "./explain.fixture.ts";
import { planFor } from "./plan.ts";

const tftpPort = 69;
/** What a transfer agrees to on Ethernet, of a file whose size is easily recognised. */
const transfer = { sizeBytes: 123_456, limits: { maxBlksize: 1468, maxWindowsize: 64, timeoutMs: 1000 } };

/** One request: who asks what, what was decided, and how many bytes that costs. */
export type Replayed = Readonly<{ lines: readonly string[]; askedBytes: number; answeredBytes: number }>;

/** A recorded conversation with a site of ours, in the words a golden file holds. */
export function replay(requests: readonly CorpusRequest[], mode: "server" | "proxy"): Replayed[] {
  const { site, policy } = siteOf(requests, mode);
  const leases = new LeaseTable();
  const memory = new ProxyMemory();
  return requests.map(({ timeMs, datagram }) => {
    const { payload, destinationPort, source } = datagram;
    if (destinationPort === tftpPort) {
      memory.fetchedFrom(source);
      return { ...transferred(payload), askedBytes: payload.length };
    }
    const message = decodeMessage(payload);
    const decision =
      destinationPort === 4011
        ? decideBootService(message, source, policy, memory)
        : decide(message, policy, leases, timeMs, memory);
    if ("store" in decision && decision.store) leases.store(decision.store);
    if (decision.observed) memory.note(decision.observed);
    const reply = "silent" in decision ? undefined : messageIn(decision.reply);
    const answer =
      "silent" in decision ? [`silent: ${decision.silent}`] : [...said(reply), `reason: ${decision.reason}`];
    return {
      lines: [
        `${message.options.messageType} to port ${destinationPort}`,
        ...asked(message),
        `plan: ${planFor(clientOf(message), site).reason}`,
        ...answer,
      ],
      askedBytes: payload.length,
      answeredBytes: reply ? encodeMessage(reply).length : 0,
    };
  });
}

/** A site whose only machine is the one that was recorded. */
function siteOf(requests: readonly CorpusRequest[], mode: "server" | "proxy") {
  const first = requests.find(({ datagram }) => datagram.destinationPort === 67);
  const mac = first ? clientOf(decodeMessage(first.datagram.payload)).mac : "";
  return world(
    { machines: [{ name: "node1", mac, image: "rescue" }] },
    { mode, reservations: [{ mac, address: "10.69.0.10", hostName: "node1" }] },
  );
}

const messageIn = (reply: DhcpMessage | Readonly<{ message: DhcpMessage }>): DhcpMessage =>
  "message" in reply ? reply.message : reply;

function asked(message: DecodedMessage): string[] {
  const { mac, uuid, vendorClass, architectures, userClasses, ipxe } = clientOf(message);
  const { maximumDhcpMessageSize: longest } = message.options;
  return [
    `who: ${mac}${uuid === undefined ? "" : `, ${uuid}`}, ${vendorClass ?? "no vendor class"}`,
    `as: architectures ${list(architectures)}, user classes ${list(userClasses)}, takes ${longest ?? "?"} bytes`,
    ...(ipxe ? [`iPXE: ${ipxe.version ?? "?"}, features ${list([...ipxe.features])}`] : []),
    ...(message.issues.length === 0
      ? []
      : [`issues: ${message.issues.map((issue) => issue.message).join("; ")}`]),
  ];
}

function said(reply: DhcpMessage | undefined): string[] {
  if (!reply) return [];
  const { messageType, vendorClassIdentifier, bootfileName, vendorSpecificInformation } = reply.options;
  return [
    `answer: ${messageType}, address ${reply.yiaddr}, next server ${reply.siaddr}`,
    `boot: file ${JSON.stringify(reply.file)}, option 67 ${JSON.stringify(bootfileName)}, option 60 ${vendorClassIdentifier}`,
    ...(vendorSpecificInformation === undefined
      ? []
      : [`option 43: ${Buffer.from(vendorSpecificInformation).toString("hex")}`]),
  ];
}

function transferred(payload: Uint8Array): Pick<Replayed, "lines" | "answeredBytes"> {
  const request = decodeTftp(payload);
  if (request.type !== "RRQ") return { lines: [`TFTP ${request.type}`], answeredBytes: 0 };
  const { oack } = negotiate(request.options, transfer.sizeBytes, transfer.limits);
  const words = (options: ReadonlyMap<string, string>) =>
    list([...options].map(([name, value]) => `${name}=${value}`));
  const lines = [
    `TFTP ${request.type} ${JSON.stringify(request.filename)} ${request.mode}, options ${words(request.options)}`,
    `file: ${normalisePath(request.filename) ?? "none can have this name"}`,
    `answer: ${oack.size === 0 ? "the first block" : `OACK ${words(oack)}`}`,
  ];
  return { lines, answeredBytes: 0 };
}

const list = (items: readonly (string | number)[]): string => items.join(" ") || "none";
