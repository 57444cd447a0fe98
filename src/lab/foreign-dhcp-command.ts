import { DrybootError } from "../core/errors.ts";
import type { DhcpPolicy } from "../dhcp/policy.ts";
import type { Subnet } from "../wire/ipv4.ts";
import { broadcastOf, formatIpv4, ipv4Number, isHostOf, subnetMaskOf } from "../wire/ipv4.ts";
import { hostInterface } from "./lan-host.ts";

/** What the other server lends: the addresses that a site leaves to it, and the settings that go with them. */
export type ForeignNetwork = Readonly<
  Pick<DhcpPolicy, "server" | "subnet" | "range" | "reservations" | "router" | "dns" | "domain">
>;

/** Its own address: the last of the subnet that the site says nothing of, outside the range if there is one. */
export function foreignAddress({ server, subnet, range, reservations, router, dns }: ForeignNetwork): string {
  const taken = new Set([server, router, ...(dns ?? []), ...reservations.map(({ address }) => address)]);
  const [low, high] = (range ?? ["0.0.0.0", "0.0.0.0"]).map(ipv4Number);
  let inRange: string | undefined;
  for (const address of hostsFromTheEnd(subnet)) {
    if (taken.has(address)) continue;
    const value = ipv4Number(address);
    if (value < (low ?? 0) || value > (high ?? 0)) return address;
    inRange ??= address; // dnsmasq lends everything of its range but its own address
  }
  if (inRange !== undefined) return inRange;
  throw new DrybootError(
    "the network has no address left for the other DHCP server that a proxy stands beside",
    {
      code: "FOREIGN_DHCP_NO_ADDRESS",
      where: "`network.subnet`",
      hint: "choose a larger `network.subnet`, at least a /29",
      exitCode: 2,
    },
  );
}

/** dnsmasq with addresses and nothing about booting, and without a word of this machine's own configuration. */
export function foreignCommand(network: ForeignNetwork): [string, ...string[]] {
  const { subnet, range, reservations, router, dns, domain } = network;
  const [first, last] = range ?? [subnet.network, "static"]; // "static": reservations only
  return [
    "dnsmasq",
    "--no-daemon", // and with this one it stays who it is: there is no other user in a lab
    ...["--conf-file=/dev/null", "--dhcp-leasefile=/run/dnsmasq.leases", "--pid-file="],
    ...[`--interface=${hostInterface}`, "--port=0", "--dhcp-authoritative"],
    "--no-ping", // it would look for each address for up to 3 s before it lends it
    `--dhcp-range=${first},${last},${subnetMaskOf(subnet)},1h`,
    ...reservations.map(({ mac, address, hostName }) =>
      ["--dhcp-host=", mac, ",", address, hostName === undefined ? "" : `,${hostName}`].join(""),
    ),
    // An option without a value is not sent; left to itself, dnsmasq says that it is the router.
    `--dhcp-option=option:router${router === undefined ? "" : `,${router}`}`,
    `--dhcp-option=option:dns-server${dns?.length ? `,${dns.join(",")}` : ""}`,
    ...(domain === undefined ? [] : [`--dhcp-option=option:domain-name,${domain}`]),
  ];
}

/** What a line of dnsmasq's log says that it sent. */
export type ForeignReply = Readonly<{
  messageType: "DHCPOFFER" | "DHCPACK" | "DHCPNAK";
  yiaddr: string;
  mac: string;
}>;

/** `dnsmasq-dhcp: DHCPACK(eth0) 10.69.0.150 52:54:00:69:00:0a node1` */
export function foreignReply(line: string): ForeignReply | undefined {
  const found = /: (DHCPOFFER|DHCPACK|DHCPNAK)\(\S+\) ([\d.]+) ([0-9a-f]{2}(?::[0-9a-f]{2}){5})\b/.exec(line);
  const [, messageType, yiaddr = "", mac = ""] = found ?? [];
  return messageType === undefined
    ? undefined
    : { messageType: messageType as ForeignReply["messageType"], yiaddr, mac };
}

function* hostsFromTheEnd(subnet: Subnet): Generator<string> {
  const last = ipv4Number(broadcastOf(subnet));
  for (let value = last; value >= ipv4Number(subnet.network); value -= 1) {
    const address = formatIpv4(value);
    if (isHostOf(subnet, address)) yield address;
  }
}
