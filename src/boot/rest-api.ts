import type { Lease } from "../dhcp/leases.ts";
import type { Subnet } from "../wire/ipv4.ts";
import { isInSubnet } from "../wire/ipv4.ts";
import type { BootSite } from "./boot-site.ts";
import { settingsOfMachine } from "./effective-settings.ts";

/** What may be read of a running server; nothing can be changed. */
export const restPaths = { status: "v1/status", leases: "v1/leases", machines: "v1/machines" } as const;

const loopback: Subnet = { network: "127.0.0.0", prefixLength: 8 };

/** The server itself, and whom the site names. */
export function mayRead(from: string, server: string, allowed: readonly Subnet[]): boolean {
  if (from === server || from === "::1") return true;
  return [loopback, ...allowed].some((subnet) => isInSubnet(subnet, from));
}

/** Every address that is promised to somebody, as the lease file has it but for what is over. */
export function leasesView(leases: readonly Lease[], site: BootSite, now: number) {
  const names = new Map(site.machines.map(({ mac, name }) => [mac, name]));
  return leases
    .filter(({ until, state }) => until > now && state !== "ended")
    .map(({ address, mac, state, until, hostName }) => ({
      address,
      mac,
      machine: names.get(mac),
      hostName,
      state,
      until: new Date(until).toISOString(),
    }));
}

/** The machines of the site and where they are; command lines are left out, for they may hold secrets. */
export function machinesView(leases: readonly Lease[], site: BootSite, now: number) {
  const bound = leases.filter(({ state, until }) => state === "bound" && until > now);
  const addresses = new Map(bound.map(({ mac, address }) => [mac, address]));
  return site.machines.map((machine) => {
    const { name, mac, uuid } = machine;
    const image = settingsOfMachine(machine, site).image?.value;
    return { name, mac, uuid, image, address: addresses.get(mac) };
  });
}
