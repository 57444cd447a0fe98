import { readFile, stat } from "node:fs/promises";
import type { ExplainWorld } from "../boot/explain.ts";
import { explainCapture } from "../boot/explain-capture.ts";
import { DecodeError, DrybootError } from "../core/errors.ts";
import { jsonLine } from "../core/printable.ts";
import { formatSize } from "../core/units.ts";
import { macText } from "./explain-asked.ts";
import { packetText, warningsText } from "./explain-text.ts";
import type { Terminal } from "./terminal.ts";

/** The file is read as a whole; DHCP alone never makes one that large. */
const largestCapture = 512 * 2 ** 20;

/** `dryboot explain --from`: every request of a capture, in its order. */
export async function replayed(
  path: string,
  { mac, json }: { mac?: string | undefined; json: boolean },
  world: ExplainWorld,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const file = await readCaptureFile(path, signal);
  const { packets, problems } = explained(path, file, world, mac === undefined ? undefined : macText(mac));
  if (packets.length === 0) throw noRequests(path, problems, mac);
  for (const packet of packets) {
    if (json) terminal.out(jsonLine(packet));
    else for (const line of [...packetText(packet, terminal.columns), ""]) terminal.out(line);
  }
  for (const line of warningsText(problems, terminal.columns)) if (line !== "") terminal.err(line);
  return 0;
}

function explained(path: string, file: Uint8Array, world: ExplainWorld, mac: string | undefined) {
  try {
    return explainCapture(file, world, mac);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new DrybootError(`${path} is no capture: ${error.message}`, {
      code: "CAPTURE_UNREADABLE",
      where: path,
      hint: "give a pcap or pcapng file, as tcpdump, Wireshark and dryboot's own run folders hold them",
    });
  }
}

async function readCaptureFile(path: string, signal: AbortSignal): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size <= largestCapture) return await readFile(path, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new DrybootError(`cannot read the capture ${path}`, {
      code: "CAPTURE_UNREADABLE",
      where: path,
      hint: "check that it is a file and that this user may read it",
      cause,
    });
  }
  throw new DrybootError(`the capture ${path} is larger than ${formatSize(largestCapture)}`, {
    code: "CAPTURE_TOO_LARGE",
    where: path,
    hint: `keep only DHCP: tcpdump -r ${path} -w dhcp.pcap 'udp port 67 or udp port 4011'`,
  });
}

function noRequests(path: string, problems: readonly string[], mac: string | undefined): DrybootError {
  const whose = mac === undefined ? "" : ` of ${mac}`;
  return new DrybootError(`there is no DHCP request${whose} in ${path}`, {
    code: "CAPTURE_EMPTY",
    where: path,
    evidence: problems,
    hint: "capture on the segment itself: tcpdump -i INTERFACE -w dhcp.pcap 'udp port 67 or udp port 4011'",
  });
}
