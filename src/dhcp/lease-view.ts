import type { Lease } from "./leases.ts";

/** Whether its owner may use the address now. */
export const isHeld = ({ state, until }: Lease, now: number): boolean => state === "bound" && until > now;

/** Whoever has an address to use now. */
export function heldNow(leases: readonly Lease[]): Lease[] {
  const now = Date.now();
  return leases.filter((lease) => isHeld(lease, now));
}
