import { crc32 } from "node:zlib";
import { parseIpv4 } from "../wire/ipv4.ts";
import type { Lease, LeaseState } from "./leases.ts";
import { leaseStates } from "./leases.ts";

/** The first line of a journal. A change of the records' meaning is another number. */
export const journalHeader = "dryboot leases 1\n";

/** One line: a checksum (CRC-32, eight hex digits), a blank, and the lease as JSON, so that `less` and `jq` can read it. */
export function encodeRecord(lease: Lease): string {
  const { address, client, mac, state, until, heldUntil = until, hostName } = lease;
  const json = JSON.stringify({ address, client, mac, state, until: heldUntil, hostName });
  return `${crc32(json).toString(16).padStart(8, "0")} ${json}\n`;
}

/** The lease of a line without its end; undefined when the line is damaged. */
export function decodeRecord(line: Buffer): Lease | undefined {
  if (line.length < 11 || line[8] !== 0x20) return undefined;
  const json = line.subarray(9);
  if (Number.parseInt(line.toString("latin1", 0, 8), 16) !== crc32(json)) return undefined;
  try {
    return leaseOf(JSON.parse(json.toString("utf8")));
  } catch {
    return undefined; // right checksum, wrong JSON: written by hand
  }
}

function leaseOf(value: unknown): Lease | undefined {
  const { address, client, mac, state, until, hostName } = Object(value) as Record<string, unknown>;
  if (typeof address !== "string" || parseIpv4(address) === undefined) return undefined;
  if (typeof client !== "string" || typeof mac !== "string" || typeof until !== "number") return undefined;
  if (!isState(state) || (hostName !== undefined && typeof hostName !== "string")) return undefined;
  return { address, client, mac, state, until, ...(hostName === undefined ? {} : { hostName }) };
}

const isState = (value: unknown): value is LeaseState => leaseStates.some((state) => state === value);
