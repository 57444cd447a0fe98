import { suggest } from "../core/nearest.ts";
import { ipv4Number, isHostOf } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";
import { serverAddress, subnetOf } from "./addresses.ts";
import type { Mistake } from "./mistake.ts";
import { formatPath } from "./mistake.ts";
import type { Site } from "./schema.ts";

type Place = readonly PropertyKey[];

/** What no single field shows: whether the parts of a site fit each other. */
export function checkSite(site: Site): Mistake[] {
  return [...checkAddresses(site), ...checkRange(site), ...checkTwice(site), ...checkImages(site)];
}

function checkAddresses(site: Site): Mistake[] {
  const { network, machines } = site;
  const server = serverAddress(network);
  const places: [Place, string | undefined][] = [
    [["network", "server"], network.server],
    [["network", "router"], network.router],
    ...machines.map(({ ip }, index): [Place, string | undefined] => [["machines", index, "ip"], ip]),
  ];
  const outside = places.flatMap(([path, address]) =>
    address === undefined ? [] : checkHost(path, address, network),
  );
  const taken = machines.flatMap(({ ip }, index): Mistake[] => {
    const path = ["machines", index, "ip"];
    if (ip === server) return [{ path, says: `is ${ip}: that is the server's own address` }];
    if (ip !== undefined && ip === network.router)
      return [{ path, says: `is ${ip}: that is the router's address` }];
    return [];
  });
  return [...outside, ...taken];
}

function checkHost(path: Place, address: string, network: Site["network"]): Mistake[] {
  if (isHostOf(subnetOf(network), address)) return [];
  return [{ path, says: `is ${address}: expected an address that a machine can have in ${network.subnet}` }];
}

function checkRange({ network, dhcp }: Site): Mistake[] {
  if (!dhcp.range) return [];
  const [first, last] = dhcp.range;
  const outside = dhcp.range.flatMap((address, index) =>
    checkHost(["dhcp", "range", index], address, network),
  );
  if (outside.length > 0) return outside;
  const path = ["dhcp", "range"];
  const [from, to] = [ipv4Number(first), ipv4Number(last)];
  if (from > to)
    return [{ path, says: `runs backwards, from ${first} to ${last}`, hint: "swap the two addresses" }];
  const server = serverAddress(network);
  const at = ipv4Number(server);
  if (at < from || at > to) return [];
  return [{ path, says: `(${first} to ${last}) holds the server's own address, ${server}` }];
}

type Machine = Site["machines"][number];

/** What belongs to one machine alone, in one spelling. */
const unique: readonly [keyof Machine, (machine: Machine) => string | undefined][] = [
  ["name", ({ name }) => name],
  ["mac", ({ mac }) => parseMac(mac)],
  ["ip", ({ ip }) => ip],
  ["uuid", ({ uuid }) => uuid?.toLowerCase()],
];

function checkTwice({ machines }: Site): Mistake[] {
  return unique.flatMap(([key, read]) => {
    const owners = new Map<string, number>();
    return machines.flatMap((machine, index): Mistake[] => {
      const value = read(machine);
      if (value === undefined) return [];
      const owner = owners.get(value);
      owners.set(value, owner ?? index);
      if (owner === undefined) return [];
      const taken = formatPath(["machines", owner, key]);
      const of = key === "name" ? "" : ` of ${machines[owner]?.name}`;
      return [{ path: ["machines", index, key], says: `is ${value}, and so is \`${taken}\`${of}` }];
    });
  });
}

function checkImages({ images, defaultImage, machines }: Site): Mistake[] {
  const uses: [Place, string | undefined][] = [
    [["defaultImage"], defaultImage],
    ...machines.map(({ image }, index): [Place, string | undefined] => [["machines", index, "image"], image]),
  ];
  const names = Object.keys(images);
  return uses.flatMap(([path, name]): Mistake[] => {
    if (name === undefined || names.includes(name)) return [];
    return [{ path, says: `is "${name}": there is no such name in \`images\``, hint: suggest(name, names) }];
  });
}
