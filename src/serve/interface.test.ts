import { describe, expect, test } from "vitest";
import type { Link } from "./interface.ts";
import { judgeInterface } from "./interface.ts";

const inet = (local: string, prefixlen = 24) => ({ family: "inet", local, prefixlen });
const lo: Link = { ifname: "lo", flags: ["LOOPBACK", "UP"], addr_info: [inet("127.0.0.1", 8)] };
const link = (ifname: string, more: Partial<Link> = {}): Link => ({
  ifname,
  flags: ["BROADCAST", "UP", "LOWER_UP"],
  addr_info: [],
  ...more,
});
const wanted = { name: "lan0", address: "10.69.0.1", prefixLength: 24 };

/** What a person is told, and what to type. */
function refusal(links: readonly Link[]): string {
  try {
    judgeInterface(links, wanted);
  } catch (error) {
    const { message, hint } = error as { message: string; hint: string };
    return `${message}; ${hint}`;
  }
  return "nothing";
}

describe("an interface to serve on", () => {
  test("is up and carries the server's address", () => {
    const good = link("lan0", { addr_info: [inet("192.0.2.7"), inet("10.69.0.1")] });
    expect(judgeInterface([lo, good], wanted)).toEqual({ link: good, warnings: [] });
  });

  test.each<[string, Link[], string]>([
    ["is misspelt", [lo, link("lan1")], "there is no interface `lan0` on this machine; did you mean `lan1`?"],
    ["is the only one", [lo], "there is no interface `lan0` on this machine; there is none to choose from"],
    [
      "is down",
      [link("lan0", { flags: ["BROADCAST"], addr_info: [inet("10.69.0.1")] })],
      "the interface lan0 is down; switch it on: `ip link set lan0 up`",
    ],
    [
      "lacks the address",
      [link("lan0", { addr_info: [inet("10.69.0.2")] })],
      "the interface lan0 does not carry 10.69.0.1, the site's server address; add it: `ip addr add 10.69.0.1/24 dev lan0`; or set `network.server` in the site file to an address it has",
    ],
    [
      "lacks the address, which another has",
      [link("lan0"), link("wan0", { addr_info: [inet("10.69.0.1", 16)] })],
      "10.69.0.1, the site's server address, is on wan0 and not on lan0; serve with `--interface wan0`, or move it: `ip addr del 10.69.0.1/16 dev wan0 && ip addr add 10.69.0.1/24 dev lan0`",
    ],
  ])("that %s is refused with the way to mend it", (_, links, says) => {
    expect(refusal(links)).toBe(says);
  });

  test("without a cable or with another prefix is served, and said to be odd", () => {
    const odd = link("lan0", { flags: ["NO-CARRIER", "UP"], addr_info: [inet("10.69.0.1", 16)] });
    expect(judgeInterface([odd], wanted).warnings.map(({ problem }) => problem)).toEqual([
      "lan0 has no link: no cable, or nobody at its other end",
      "lan0 carries 10.69.0.1/16, but the site's subnet is a /24",
    ]);
  });
});
