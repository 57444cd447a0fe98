import { architectures } from "./architectures.ts";
import type { NetbootClient } from "./client.ts";
import type { ClientKey } from "./leases.ts";

/**
 * How a proxyDHCP server tells PXE firmware where its boot file is. `direct`: in the offer itself, with "just boot the
 * file" in option 43. `redirect`: the offer names only the boot server, and the client asks that for the file on port 4011.
 */
export const dialects = ["direct", "redirect"] as const;
export type Dialect = (typeof dialects)[number];

/** What became of the last proxy offers to one firmware. */
export type Attempt = Readonly<{
  dialect: Dialect;
  /** Of the DISCOVER that began it: firmware that repeats itself keeps it. */
  xid: number;
  since: number;
  /** It asked port 4011, TFTP or HTTP for its file. */
  progressed: boolean;
  /** An attempt before this one progressed with the same dialect. */
  proven: boolean;
  /** Attempts in a row that did not. */
  failures: number;
}>;

/** What was learned about one firmware, and from what. */
export type Lesson = Readonly<{ dialect: Dialect; insteadOf: Dialect; reason: string }>;

/** Firmware needs this long at least until it can be said to have got nowhere: EDK2 collects offers for 4 s. */
const patienceMs = 4000;
/** What worked before is given up only after this many failures: some are power cuts. */
const provenPatience = 3;

const other = { direct: "redirect", redirect: "direct" } as const;

/** BIOS ROMs and all who are no UEFI take the file at once; vendors' UEFI is sure to understand only the redirection. */
export function usualDialect(client: NetbootClient): Dialect {
  if (client.ipxe) return "direct";
  const known = client.architectures.find((code) => code in architectures) ?? 0;
  return architectures[known]?.firmware === "uefi" ? "redirect" : "direct";
}

/** The attempt that a DISCOVER begins or repeats; another dialect than before where that one got the firmware nowhere. */
export function nextAttempt(
  before: Attempt | undefined,
  discover: Readonly<{ xid: number; usual: Dialect }>,
  now: number,
): { attempt: Attempt; learned?: Lesson } {
  const { xid } = discover;
  if (!before) {
    const dialect = discover.usual;
    return { attempt: { dialect, xid, since: now, progressed: false, proven: false, failures: 0 } };
  }
  if (before.xid === xid) return { attempt: before };
  const { dialect } = before;
  if (before.progressed) {
    return { attempt: { dialect, xid, since: now, progressed: false, proven: true, failures: 0 } };
  }
  const waitedMs = now - before.since;
  if (waitedMs >= 0 && waitedMs < patienceMs) return { attempt: { ...before, xid } };
  const failures = before.failures + 1;
  if (before.proven && failures < provenPatience) {
    return { attempt: { ...before, xid, since: now, failures } };
  }
  const better = other[dialect];
  const times = failures === 1 ? "" : ` ${failures} times in a row`;
  const reason = `after a ${dialect} offer it fetched nothing and began anew${times}`;
  return {
    attempt: { dialect: better, xid, since: now, progressed: false, proven: false, failures: 0 },
    learned: { dialect: better, insteadOf: dialect, reason },
  };
}

/** What a proxy may look at. */
export interface ProxyReader {
  attempt(client: ClientKey): Attempt | undefined;
}
