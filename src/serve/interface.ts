import * as z from "zod";
import { run } from "../core/child.ts";
import { DrybootError } from "../core/errors.ts";
import { suggest } from "../core/nearest.ts";

/** As much of `ip -json address show` as is read. */
const linkSchema = z.array(
  z.object({
    ifname: z.string(),
    flags: z.array(z.string()),
    address: z.string().optional(),
    mtu: z.int().optional(),
    addr_info: z
      .array(z.object({ family: z.string(), local: z.string().optional(), prefixlen: z.int() }))
      .default([]),
  }),
);

export type Link = z.infer<typeof linkSchema>[number];

export interface WantedInterface {
  name: string;
  /** The servers' address, and the length of the site's prefix. */
  address: string;
  prefixLength: number;
}

/** The interface that a site is to be served on, or an error that says which command makes it so. */
export async function requireInterface(wanted: WantedInterface, signal: AbortSignal): Promise<Judged> {
  const told = await run("ip", ["-json", "address", "show"], {
    signal,
    timeoutMs: 5000,
    hint: "install iproute2: `ip` lists this machine's interfaces",
  });
  return judgeInterface(linkSchema.parse(JSON.parse(told)), wanted);
}

/** It can be served on; what is odd about it is said. */
export type Judged = Readonly<{ link: Link; warnings: readonly Warning[] }>;
export type Warning = Readonly<{ problem: string; next: string }>;

export function judgeInterface(links: readonly Link[], wanted: WantedInterface): Judged {
  const { name, address, prefixLength } = wanted;
  const link = links.find(({ ifname }) => ifname === name);
  if (link === undefined) {
    const others = links.filter(({ flags }) => !flags.includes("LOOPBACK")).map(({ ifname }) => ifname);
    throw unusable(`there is no interface \`${name}\` on this machine`, name, suggest(name, others));
  }
  if (!link.flags.includes("UP")) {
    throw unusable(`the interface ${name} is down`, name, `switch it on: \`ip link set ${name} up\``);
  }
  const add = `ip addr add ${address}/${prefixLength} dev ${name}`;
  const has = addressOn(link, address);
  if (has === undefined) {
    const other = links.find((each) => addressOn(each, address) !== undefined);
    throw other
      ? unusable(
          `${address}, the site's server address, is on ${other.ifname} and not on ${name}`,
          name,
          `serve with \`--interface ${other.ifname}\`, or move it: \`ip addr del ${address}/${addressOn(other, address)?.prefixlen} dev ${other.ifname} && ${add}\``,
        )
      : unusable(
          `the interface ${name} does not carry ${address}, the site's server address`,
          name,
          `add it: \`${add}\`; or set \`network.server\` in the site file to an address it has`,
        );
  }
  return { link, warnings: oddities(link, has.prefixlen, wanted, add) };
}

function oddities(link: Link, prefixLength: number, wanted: WantedInterface, add: string): Warning[] {
  const { name, address } = wanted;
  return [
    ...(link.flags.includes("NO-CARRIER")
      ? [{ problem: `${name} has no link: no cable, or nobody at its other end`, next: "check the cable" }]
      : []),
    ...(prefixLength === wanted.prefixLength
      ? []
      : [
          {
            problem: `${name} carries ${address}/${prefixLength}, but the site's subnet is a /${wanted.prefixLength}`,
            next: `make them agree: \`ip addr del ${address}/${prefixLength} dev ${name} && ${add}\`, or change \`network.subnet\``,
          },
        ]),
  ];
}

function addressOn({ addr_info }: Link, address: string) {
  return addr_info.find(({ family, local }) => family === "inet" && local === address);
}

function unusable(what: string, name: string, hint: string): DrybootError {
  return new DrybootError(what, {
    code: "INTERFACE_UNUSABLE",
    where: `--interface ${name}`,
    hint,
    exitCode: 2,
  });
}
