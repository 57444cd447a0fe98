import { parseMac } from "../wire/mac.ts";
import type { Lease, LeaseTable } from "./leases.ts";

/** What is released: an address, or all a MAC has. Ended records stay, so that a machine gets back what it had. */
export function released(table: LeaseTable, which: string, now: number): Lease[] {
  const mac = parseMac(which) ?? which; // hardware other than Ethernet has other addresses
  if (mac === "") return [];
  return Array.from(table.all())
    .filter((lease) => lease.state !== "ended" && (lease.address === which || mac === lease.mac))
    .map(({ heldUntil: _, ...lease }) => ({ ...lease, state: "ended", until: Math.min(lease.until, now) }));
}

/** Ends those leases in the table and in the store, and waits until that is on the disk. */
export async function release(
  { table, append }: Readonly<{ table: LeaseTable; append: Append }>,
  which: string,
  now: number,
): Promise<readonly Lease[]> {
  const leases = released(table, which, now);
  await Promise.all(
    leases.map((lease) => {
      table.store(lease);
      return new Promise<void>((resolve, reject) => {
        append(lease, (error) => (error ? reject(error) : resolve()));
      });
    }),
  );
  return leases;
}

type Append = (lease: Lease, written: (error?: Error) => void) => void;
