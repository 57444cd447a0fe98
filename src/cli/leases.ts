import { resolve } from "node:path";
import { styleText } from "node:util";
import * as z from "zod";
import { DrybootError } from "../core/errors.ts";
import { jsonLine, printable } from "../core/printable.ts";
import { Timeline } from "../core/timeline.ts";
import { formatDuration } from "../core/units.ts";
import { askToRelease } from "../dhcp/lease-control.ts";
import type { LeaseFacts } from "../dhcp/lease-facts.ts";
import { loadLeases } from "../dhcp/lease-file.ts";
import { release } from "../dhcp/lease-release.ts";
import { openLeaseStore } from "../dhcp/lease-store.ts";
import type { Lease } from "../dhcp/leases.ts";
import { defaultStateFolder } from "../serve/state-folder.ts";
import { ipv4Number } from "../wire/ipv4.ts";
import { command } from "./command.ts";
import { stateFlag } from "./state-flag.ts";
import { table } from "./table.ts";

export const leases = command({
  name: "leases",
  summary: "Show whom `dryboot serve` lent which address, or take a lease back",
  details:
    "Reads the journal in the state folder, whether a server runs or not. A running server releases a lease itself when\n" +
    "it is asked; otherwise the journal is changed. The machine is not told: it keeps its address until it renews, and is\n" +
    "refused then only if the address is somebody else's by that time.\n\n" +
    "Exit codes: 0 done, 1 nobody has the lease that was to be released.",
  flags: z.strictObject({
    release: z
      .string()
      .optional()
      .describe("End the lease of this address, or all of this MAC")
      .meta({ placeholder: "ADDRESS|MAC" }),
    json: z.boolean().default(false).describe("Print one JSON object per lease"),
    state: stateFlag,
  }),
  async run({ flags }, terminal) {
    const folder = resolve(flags.state ?? defaultStateFolder());
    const { table: known } = await loadLeases(folder);
    if (flags.release === undefined) {
      const all = [...known.all()].sort((a, b) => ipv4Number(a.address) - ipv4Number(b.address));
      for (const line of flags.json ? all.map(jsonOf) : formatLeases(all, Date.now())) terminal.out(line);
      return 0;
    }
    const released = known.size === 0 ? [] : await releaseIn(folder, flags.release);
    if (released.length === 0) throw nobodyHas(flags.release, folder, known.size);
    for (const lease of released) {
      terminal.out(flags.json ? jsonOf(lease) : `${lease.address} is no longer lent to ${lease.mac}`);
    }
    return 0;
  },
});

/** By the server that has the store open, or by ourselves while we have it. */
async function releaseIn(folder: string, which: string): Promise<readonly Lease[]> {
  const byServer = await askToRelease(folder, which);
  if (byServer !== undefined) return byServer;
  await using store = await openLeaseStore(folder, new Timeline<LeaseFacts>());
  if (store) return await release(store, which, Date.now());
  throw new DrybootError("another process has these leases open and does not answer", {
    code: "LEASES_IN_USE",
    where: folder,
    hint: "a server that starts or stops just now? try again in a second",
  });
}

const jsonOf = (lease: Lease): string => jsonLine({ ...lease, until: new Date(lease.until).toISOString() });

/** The screen of `dryboot leases`. */
function formatLeases(all: readonly Lease[], now: number): string[] {
  const rows = all.map((lease) => {
    const { address, mac, hostName = "-" } = lease;
    return [address, printable(mac, 40), printable(hostName, 40), ...standing(lease, now)];
  });
  if (all.length === 0) return ["no address was ever lent here"];
  const bound = all.filter(({ state, until }) => state === "bound" && until > now).length;
  return [
    ...table([["ADDRESS", "MAC", "NAME", "STATE", "FOR"], ...rows]),
    `${bound} of ${all.length} known ${all.length === 1 ? "address is" : "addresses are"} lent now`,
  ];
}

function standing({ state, until }: Lease, now: number): [string, string] {
  if (until <= now) return [styleText("dim", "over"), `since ${formatDuration(now - until)}`];
  const says = {
    bound: styleText("green", "lent"),
    offered: "offered",
    declined: styleText("yellow", "rests"),
    ended: "over",
  };
  return [says[state], formatDuration(until - now)];
}

function nobodyHas(which: string, folder: string, records: number): DrybootError {
  return new DrybootError(`nobody has a lease of ${printable(which, 60)}`, {
    code: "NO_SUCH_LEASE",
    where: folder,
    hint:
      records === 0
        ? "no leases are kept there: name the server's state folder with --state DIR"
        : "`dryboot leases` lists what is lent; an address is written 10.69.0.10, a MAC 52:54:00:69:00:0a",
  });
}
