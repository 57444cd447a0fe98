import { DecodeError } from "../core/errors.ts";
import { LeaseTable } from "../dhcp/leases.ts";
import type { DecodedMessage } from "../dhcp/message.ts";
import { decodeMessage } from "../dhcp/message.ts";
import { readCapture } from "../wire/capture.ts";
import { udpDatagramOf } from "../wire/ethernet.ts";
import { formatMac } from "../wire/mac.ts";
import type { DhcpStep, ExplainWorld, Step } from "./explain.ts";
import { explainBootService, explainMessage } from "./explain.ts";
import { stepsAfter } from "./explain-fetch.ts";
import type { ShownMessage } from "./explain-message.ts";
import { showMessage } from "./explain-message.ts";

/** A request of a capture, what was really answered, and what this site would answer. */
export type ExplainedPacket = Readonly<{
  timeMs: number;
  from: string;
  mac: string;
  /** Replies that the capture holds to it, from whatever server. */
  answered: readonly Readonly<{ from: string; reply: ShownMessage }>[];
  steps: readonly Step[];
}>;

export type ExplainedCapture = Readonly<{
  packets: readonly ExplainedPacket[];
  /** What of the file was no use, in sentences. */
  problems: readonly string[];
}>;

type Captured = Readonly<{
  timeMs: number;
  source: Readonly<{ address: string; port: number }>;
  /** The port it was sent to. */
  to: number;
  message: DecodedMessage;
  bytes: Uint8Array;
}>;
type Request = Captured & Readonly<{ replies: Pick<Captured, "source" | "bytes">[] }>;

/** RFC 2131 §4.1, and the boot server's port of PXE 2.1. */
const bootServerPort = 4011;
const serverPorts = new Set([67, bootServerPort]);
/** Every request is shown in full: who needs more than this wants a filter. */
const mostRequests = 500;
/** A flood of replies to one request is one finding, not a thousand. */
const mostReplies = 8;

/** Replays the DHCP requests of a capture in their order, with their times and the leases they would have led to. */
export function explainCapture(file: Uint8Array, world: ExplainWorld, mac?: string): ExplainedCapture {
  const { requests, problems } = requestsOf(file, mac);
  const leases = new LeaseTable();
  const packets = requests.map(({ timeMs, source, to, message, bytes, replies }): ExplainedPacket => {
    const mac = formatMac(message.chaddr);
    const who = `${mac} in the capture`;
    const { step, reply } =
      to === bootServerPort
        ? explainBootService(message, source, who, world)
        : explainMessage(message, who, world, leases, timeMs);
    const shown: DhcpStep = { ...step, request: showMessage(bytes) }; // as it was sent, not as we would write it
    return {
      timeMs,
      from: nameOf(source),
      mac,
      answered: replies.map((each) => ({ from: nameOf(each.source), reply: showMessage(each.bytes) })),
      steps: [shown, ...(reply ? stepsAfter(reply, message, world) : [])],
    };
  });
  return { packets, problems };
}

function requestsOf(file: Uint8Array, mac: string | undefined): { requests: Request[]; problems: string[] } {
  const requests: Request[] = [];
  const problems = new Problems();
  for (const found of messagesIn(file, problems)) {
    if (mac !== undefined && formatMac(found.message.chaddr) !== mac) continue;
    if (found.message.op === "BOOTREPLY") noteReply(requests, found);
    else if (requests.length < mostRequests) requests.push({ ...found, replies: [] });
    else problems.add(`only the first ${mostRequests} requests are explained: name one client with --mac`);
  }
  return { requests, problems: problems.sentences() };
}

/** Every DHCP message that is whole. Throws `DecodeError` for a file that is no capture at all. */
function* messagesIn(file: Uint8Array, problems: Problems): Generator<Captured> {
  const frames = readCapture(file);
  try {
    for (const { timeMs, linkType, bytes } of frames) {
      const datagram = udpDatagramOf(linkType, bytes);
      if (!datagram || !(serverPorts.has(datagram.destinationPort) || serverPorts.has(datagram.sourcePort)))
        continue;
      const { payload, cut, destinationPort: to } = datagram;
      const message = cut
        ? problems.add("the capture kept only a part of a packet")
        : read(payload, problems);
      const source = { address: datagram.source, port: datagram.sourcePort };
      if (message) yield { timeMs, source, to, message, bytes: payload };
    }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    problems.add(`the capture ends in the middle: ${error.message}`);
  }
}

function read(payload: Uint8Array, problems: Problems): DecodedMessage | undefined {
  try {
    return decodeMessage(payload);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return problems.add(`a packet is no DHCP message: ${error.message}`);
  }
}

/** To the last request with its transaction id. */
function noteReply(requests: readonly Request[], { message, source, bytes }: Captured): void {
  const mac = formatMac(message.chaddr);
  const asked = requests.findLast(
    (each) => each.message.xid === message.xid && formatMac(each.message.chaddr) === mac,
  );
  if (asked && asked.replies.length < mostReplies) asked.replies.push({ source, bytes });
}

function nameOf({ address, port }: Captured["source"]): string {
  return `${address}:${port}`;
}

/** Each problem once, with how often it was met. */
class Problems {
  readonly #met = new Map<string, number>();

  add(problem: string): undefined {
    if (this.#met.size < 20 || this.#met.has(problem))
      this.#met.set(problem, (this.#met.get(problem) ?? 0) + 1);
  }

  sentences(): string[] {
    return [...this.#met].map(([problem, times]) => (times === 1 ? problem : `${problem} (${times} times)`));
  }
}
