import type { Lease } from "../dhcp/leases.ts";
import type { Chronicle } from "./chronicle.ts";
import type { Problem, RecentBoot, RunningTransfer } from "./live-view.ts";

/** What `dryboot status` is told. */
export interface ServerStatus extends StatusBasis {
  began: string;
  uptimeMs: number;
  leases: Record<Lease["state"], number>;
  /** Those that are bound now, the newest first; at most 100. */
  bound: readonly { address: string; machine: string; until: string }[];
  transfers: readonly RunningTransfer[];
  boots: readonly RecentBoot[];
  problems: readonly Problem[];
}

/** What the server is. */
export interface StatusBasis {
  pid: number;
  version: string;
  site: string;
  file: string;
  interface: string;
  address: string;
  mode: string;
  dryRun: boolean;
  user: string;
  log: string;
}

/** What `/v1/status` tells over the network: nothing of this machine's processes and folders. */
export function publicStatus(status: ServerStatus): object {
  const { pid: _, file: __, log: ___, user: ____, ...told } = status;
  return told;
}

const mostListed = 100;

export function statusOf(
  basis: StatusBasis,
  { view, attribution, began }: Chronicle,
  leases: readonly Lease[],
  now = Date.now(),
): ServerStatus {
  const counts: ServerStatus["leases"] = { offered: 0, bound: 0, ended: 0, declined: 0 };
  for (const { state, until } of leases) counts[until > now ? state : "ended"] += 1;
  const bound = leases.filter(({ state, until }) => state === "bound" && until > now).reverse();
  return {
    ...basis,
    began: began.toISOString(),
    uptimeMs: Math.max(0, now - began.getTime()),
    leases: counts,
    bound: bound.slice(0, mostListed).map(({ address, mac, until }) => ({
      address,
      machine: attribution.nameOf(mac),
      until: new Date(until).toISOString(),
    })),
    transfers: view.transfers.slice(0, mostListed),
    boots: view.boots,
    problems: view.problems,
  };
}
