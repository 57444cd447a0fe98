import { formatPath } from "../core/place.ts";
import type { Subnet } from "../wire/ipv4.ts";
import { ipv4Number, isHostOf, isInSubnet } from "../wire/ipv4.ts";
import { parseMac } from "../wire/mac.ts";
import { serverAddress, subnetOf } from "./addresses.ts";
import { checkAlpine } from "./check-alpine.ts";
import { checkLoaders } from "./check-loaders.ts";
import { checkMenu } from "./check-menu.ts";
import { checkNixos } from "./check-nixos.ts";
import { checkRules } from "./check-rules.ts";
import { checkCommandLines, checkImages } from "./check-settings.ts";
import type { Mistake } from "./mistake.ts";
import type { Site } from "./schema.ts";

type Place = readonly PropertyKey[];

/** What no single field shows: whether the parts of a site fit each other. */
export function checkSite(site: Site, touched: (section: string) => boolean = () => false): Mistake[] {
  const rules = checkRules(site);
  return checks.flatMap(({ needs = [], check }) => {
    if (needs.some(touched)) return [];
    // Who uses which groups is clear only where the rules are.
    return check === checkCommandLines && rules.length > 0 ? [] : check(site);
  });
}

/** `needs` names the sections of which a part alone would mislead. */
const checks: readonly Readonly<{ needs?: readonly string[]; check(site: Site): Mistake[] }>[] = [
  { needs: ["network", "dhcp"], check: checkAddresses },
  { needs: ["network", "dhcp"], check: checkRanges },
  { needs: ["network", "dhcp"], check: checkOverlaps },
  { check: checkTwice },
  { check: checkImages },
  { check: checkAlpine },
  { check: checkNixos },
  { needs: ["menu"], check: checkMenu },
  { needs: ["loaders"], check: checkLoaders },
  { needs: ["network", "dns"], check: checkDns },
  { needs: ["https"], check: checkHttps },
  { check: checkRules },
  { needs: ["network", "menu", "variables"], check: checkCommandLines },
];

/** One network of a site, and where the file speaks of it. */
type Network = Readonly<{
  at: { subnet: Place; router: Place; range: Place };
  text: string;
  subnet: Subnet;
  router: string | undefined;
  range: readonly [string, string] | undefined;
}>;

/** The server's own network first. */
function networksOf({ network, dhcp }: Site): [Network, ...Network[]] {
  const own = { subnet: ["network", "subnet"], router: ["network", "router"], range: ["dhcp", "range"] };
  const relayed = dhcp.relayed.map(({ subnet, router, range }, index): Network => {
    const path = ["dhcp", "relayed", index];
    const at = { subnet: [...path, "subnet"], router: [...path, "router"], range: [...path, "range"] };
    return { at, text: subnet, subnet: subnetOf({ subnet }), router, range };
  });
  const { subnet: text, router } = network;
  return [{ at: own, text, subnet: subnetOf(network), router, range: dhcp.range }, ...relayed];
}

function checkAddresses(site: Site): Mistake[] {
  const networks = networksOf(site);
  const [own] = networks;
  const server = serverAddress(site.network);
  const routers = networks.flatMap((network) => checkHost(network.at.router, network.router, [network]));
  const machines = site.machines.flatMap(({ ip }, index): Mistake[] => {
    const path = ["machines", index, "ip"];
    if (ip === undefined) return [];
    if (ip === server) return [{ path, says: `is ${ip}: that is the server's own address` }];
    if (networks.some(({ router }) => router === ip))
      return [{ path, says: `is ${ip}: that is the router's address` }];
    return checkHost(path, ip, networks);
  });
  return [...checkHost(["network", "server"], site.network.server, [own]), ...routers, ...machines];
}

function checkHost(path: Place, address: string | undefined, networks: readonly Network[]): Mistake[] {
  if (address === undefined || networks.some(({ subnet }) => isHostOf(subnet, address))) return [];
  const known = networks.map(({ text }) => text).join(" or ");
  return [{ path, says: `is ${address}: expected an address that a machine can have in ${known}` }];
}

function checkRanges(site: Site): Mistake[] {
  return networksOf(site).flatMap((network) => checkRange(network, serverAddress(site.network)));
}

function checkRange(network: Network, server: string): Mistake[] {
  const { range, at } = network;
  if (!range) return [];
  const [first, last] = range;
  const outside = range.flatMap((address, index) => checkHost([...at.range, index], address, [network]));
  if (outside.length > 0) return outside;
  const path = at.range;
  const [from, to] = [ipv4Number(first), ipv4Number(last)];
  if (from > to)
    return [{ path, says: `runs backwards, from ${first} to ${last}`, hint: "swap the two addresses" }];
  const own = ipv4Number(server);
  if (own < from || own > to) return [];
  return [{ path, says: `(${first} to ${last}) holds the server's own address, ${server}` }];
}

/** Where two networks share addresses, a relay would not say which of them is meant. */
function checkOverlaps(site: Site): Mistake[] {
  const networks = networksOf(site);
  return networks.flatMap((network, index) =>
    networks.slice(0, index).flatMap((earlier): Mistake[] => {
      const shared =
        isInSubnet(earlier.subnet, network.subnet.network) ||
        isInSubnet(network.subnet, earlier.subnet.network);
      if (!shared) return [];
      const says = `is ${network.text}, which shares addresses with \`${formatPath(earlier.at.subnet)}\` (${earlier.text})`;
      return [{ path: network.at.subnet, says }];
    }),
  );
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

function checkHttps({ https: { mode, cert, key } }: Site): Mistake[] {
  if ((cert === undefined) !== (key === undefined)) {
    const [there, absent] = cert === undefined ? ["key", "cert"] : ["cert", "key"];
    const hint = `name its ${absent} too, or neither`;
    return [{ path: ["https", there], says: `stands without \`https.${absent}\``, hint }];
  }
  if (cert === undefined || mode === "on") return [];
  return [{ path: ["https", "cert"], says: "is not used: `https.mode` is `off`", hint: "set it to `on`" }];
}

function checkDns({ dns, network, machines }: Site): Mistake[] {
  const server = serverAddress(network);
  const circles = dns.forwarders.flatMap((forwarder, index): Mistake[] => {
    if (forwarder !== server) return [];
    return [{ path: ["dns", "forwarders", index], says: `is ${server}: that is the server's own address` }];
  });
  const taken = machines.flatMap(({ name }, index): Mistake[] => {
    if (dns.mode === "off" || network.domain === undefined || name !== dns.name) return [];
    const hint = "give the server another one in `dns.name`";
    return [{ path: ["machines", index, "name"], says: `is ${name}: that is the server's own name`, hint }];
  });
  return [...circles, ...taken];
}
