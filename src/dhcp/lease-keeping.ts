import { DrybootError } from "../core/errors.ts";
import type { Recorder } from "../core/timeline.ts";
import { serveLeaseControl } from "./lease-control.ts";
import type { LeaseFacts } from "./lease-facts.ts";
import type { Neighbours } from "./lease-probe.ts";
import { ConflictProber } from "./lease-prober.ts";
import { release } from "./lease-release.ts";
import type { LeaseStore } from "./lease-store.ts";
import { leasesInMemory, openLeaseStore } from "./lease-store.ts";
import type { DhcpPolicy } from "./policy.ts";
import { poolOf } from "./policy.ts";

export type LeaseKeeping = Readonly<{
  /** The folder leases are kept in; without one they are gone with the process. */
  folder?: string | undefined;
  /** How it is found out who uses an address without having asked us; without it nobody looks. */
  neighbours?: Neighbours | undefined;
  policy: () => DhcpPolicy;
}>;

/** Opens what a server keeps its leases in, with all that happens beside the packets. */
export async function keepLeases(
  { folder, neighbours, policy }: LeaseKeeping,
  deps: Readonly<{ timeline: Recorder<LeaseFacts>; signal: AbortSignal; now: () => number }>,
): Promise<LeaseStore> {
  const { timeline, now } = deps;
  await using starting = new AsyncDisposableStack();
  const store = starting.use(folder === undefined ? leasesInMemory() : await mustOpen(folder, timeline));
  if (folder !== undefined) {
    const take = async (which: string) => {
      const leases = await release(store, which, now());
      for (const { address, mac } of leases) timeline.record("dhcp.lease-taken", { address, mac });
      return leases;
    };
    starting.use(await serveLeaseControl(folder, take));
  }
  if (neighbours) {
    const pool = () => poolOf(policy());
    starting.use(new ConflictProber({ ...deps, store, pool, neighbours }));
  }
  const opened = starting.move();
  return { ...store, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

async function mustOpen(folder: string, timeline: Recorder<LeaseFacts>): Promise<LeaseStore> {
  const store = await openLeaseStore(folder, timeline);
  if (store) return store;
  throw new DrybootError("another server has these leases open", {
    code: "LEASES_IN_USE",
    where: folder,
    hint: "two servers on one store would promise addresses twice: stop the other (`ps -ef | grep dryboot`), or give this one a store of its own",
  });
}
