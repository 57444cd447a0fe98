import { formatDuration } from "../core/units.ts";
import { poolOf } from "../dhcp/policy.ts";
import { ipv4Number } from "../wire/ipv4.ts";
import type { Finding, Rule } from "./lint-rule.ts";
import type { LintSite } from "./lint-site.ts";

const withoutAddress = ({ machines }: LintSite) =>
  machines.flatMap((machine, index) => (machine.ip === undefined ? [{ machine, index }] : []));

/** Gives machines their addresses, and with them everything about the network. */
const lends = (mode: LintSite["dhcp"]["mode"]) => mode === "server" || mode === "reservations";

const pool = ({ dhcp }: LintSite) => poolOf({ ...dhcp, boot: () => ({ none: "" }) });

const dhcpOff: Rule = {
  id: "dhcp-off",
  severity: "warning",
  title: "DHCP is off, and there are machines to boot",
  why: "Firmware learns from DHCP alone where its boot file is. With `off` this server tells nobody, so these machines boot only when another DHCP server names this one.",
  check: ({ dhcp, machines }) =>
    dhcp.mode === "off" && machines.length > 0
      ? [
          {
            path: ["dhcp", "mode"],
            says: `is off, and ${machines.length === 1 ? "a machine waits" : `${machines.length} machines wait`} for an answer`,
            fix: "set it to `server`, or to `reservations` when only the machines of this file should be answered",
          },
        ]
      : [],
};

const noReservation: Rule = {
  id: "machine-without-reservation",
  severity: "error",
  title: "Only machines with an `ip` are answered, and one has none",
  why: "In the mode `reservations` a client without a reserved address gets no answer at all: its firmware asks for up to a minute and goes on to its next boot device.",
  check: (site) =>
    site.dhcp.mode !== "reservations"
      ? []
      : withoutAddress(site).map(({ machine, index }) => ({
          path: ["machines", index],
          says: `${machine.name} has no \`ip\`, and \`dhcp.mode\` is \`reservations\``,
          fix: "give it an `ip`, or set `dhcp.mode` to `server`",
        })),
};

const smallPool: Rule = {
  id: "pool-too-small",
  severity: "error",
  title: "There are fewer addresses to lend than machines without one",
  why: "The last machines get no address while the others run. Addresses of `dhcp.range` that are reserved, or the server's or router's own, cannot be lent.",
  check(site) {
    const { mode, range } = site.dhcp;
    const waiting = withoutAddress(site).length;
    const { usable } = pool(site);
    if (mode !== "server" || waiting <= usable) return [];
    return [
      {
        path: ["dhcp", "range"],
        says: `(${range?.join(" to ")}) has ${usable} addresses to lend, and ${waiting} machines have none of their own`,
        fix: "widen the range, or give machines an `ip`",
      },
    ];
  },
};

const reservedInRange: Rule = {
  id: "reservation-in-range",
  severity: "info",
  title: "A reserved address lies in the range for everybody",
  why: "It is never lent to others from then on. But whoever was lent it before the reservation was written keeps it until the lease ends, and the machine gets another one meanwhile.",
  check(site) {
    const { mode, range } = site.dhcp;
    if (mode !== "server" || !range) return [];
    const [first, last] = [ipv4Number(range[0]), ipv4Number(range[1])];
    return site.machines.flatMap(({ name, ip }, index): Finding[] => {
      const at = ip === undefined ? -1 : ipv4Number(ip);
      if (at < first || at > last) return [];
      return [
        {
          path: ["machines", index, "ip"],
          says: `${ip} of ${name} lies in \`dhcp.range\` (${range[0]} to ${range[1]})`,
          fix: "take an address outside the range",
        },
      ];
    });
  },
};

const shortest = 600_000;
const longest = 7 * 86_400_000;

const shortLease: Rule = {
  id: "lease-time-short",
  severity: "warning",
  title: "Addresses are lent for less than ten minutes",
  why: "Initramfs systems take an address and nobody renews it (Alpine's diskless boot has no networking service by default): when the lease ends, another machine may be given the address that this one still uses. A slow download can outlive such a lease as well.",
  check: ({ dhcp }) =>
    !lends(dhcp.mode) || dhcp.leaseTimeMs >= shortest
      ? []
      : [
          {
            path: ["dhcp", "leaseTime"],
            says: `is ${formatDuration(dhcp.leaseTimeMs)}`,
            fix: "lend for an hour at least, 12h is usual",
          },
        ],
};

const longLease: Rule = {
  id: "lease-time-long",
  severity: "info",
  title: "Addresses are lent for more than a week",
  why: "A machine that is gone holds its address until then, and new settings (DNS, router) reach machines at half of it at the earliest.",
  check: ({ dhcp }) =>
    dhcp.mode !== "server" || dhcp.leaseTimeMs <= longest
      ? []
      : [
          {
            path: ["dhcp", "leaseTime"],
            says: `is ${Math.round(dhcp.leaseTimeMs / 86_400_000)} days`,
            fix: "lend for a day or less, and give machines that must keep their address an `ip`",
          },
        ],
};

const unreachableDns: Rule = {
  id: "dns-without-router",
  severity: "warning",
  title: "A DNS server is on another network, and there is no router",
  why: "Machines are told the address and have no way to it: every name takes seconds to fail.",
  check: ({ dhcp }) => {
    if (dhcp.router !== undefined || !lends(dhcp.mode)) return [];
    const { network, prefixLength } = dhcp.subnet;
    const size = 2 ** (32 - prefixLength);
    const first = ipv4Number(network);
    return (dhcp.dns ?? []).flatMap((address, index): Finding[] => {
      const at = ipv4Number(address);
      if (at >= first && at < first + size) return [];
      return [
        {
          path: ["network", "dns", index],
          says: `${address} is outside ${network}/${prefixLength}`,
          fix: "name the way out in `network.router`, or a DNS server of this network",
        },
      ];
    });
  },
};

const unusableSubnet: Rule = {
  id: "subnet-not-for-hosts",
  severity: "error",
  title: "The subnet is one whose addresses no machine can use",
  why: "EDK2 takes an offer whose address begins with 0 for one without an address (`PxeBcDhcp4.c`); 127 never leaves a machine, and from 224 on there are no hosts (RFC 1112, RFC 1122 §3.2.1.3).",
  check: ({ dhcp: { subnet } }) => {
    const first = ipv4Number(subnet.network) >>> 24;
    if (first !== 0 && first !== 127 && first < 224) return [];
    return [
      {
        path: ["network", "subnet"],
        says: `${subnet.network}/${subnet.prefixLength} begins with ${first}`,
        fix: "take a private network: 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 (RFC 1918)",
      },
    ];
  },
};

const mdnsDomain: Rule = {
  id: "domain-local",
  severity: "warning",
  title: "The domain ends in `.local`",
  why: "RFC 6762 gives `.local` to multicast DNS: Linux with Avahi or systemd-resolved, and macOS, never ask a DNS server for such names.",
  check: ({ dhcp: { domain } }) =>
    domain !== undefined && /(^|\.)local$/i.test(domain)
      ? [
          {
            path: ["network", "domain"],
            says: `is ${domain}`,
            fix: "end it in `.internal` or `home.arpa` (RFC 8375), or use a domain of your own",
          },
        ]
      : [],
};

export const dhcpRules: readonly Rule[] = [
  noReservation,
  smallPool,
  unusableSubnet,
  dhcpOff,
  shortLease,
  unreachableDns,
  mdnsDomain,
  reservedInRange,
  longLease,
];
