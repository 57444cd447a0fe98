import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { DrybootError, formatError } from "../core/errors.ts";
import { checkedSite } from "./load.ts";
import type { SiteFile } from "./schema.ts";
import { siteSchema } from "./schema.ts";

const good = {
  name: "lab",
  images: { rescue: { recipe: "rescue" } },
  machines: [
    { name: "one", mac: "52:54:00:69:00:0a", ip: "10.69.0.10", image: "rescue" },
    { name: "two", mac: "52:54:00:69:00:0b", ip: "10.69.0.11" },
  ],
} satisfies SiteFile;

function told(site: unknown): string {
  try {
    checkedSite(site, "lab/x/site.ts");
    return "fine";
  } catch (error) {
    return formatError(error);
  }
}

const [one, two] = good.machines;

describe("a site", () => {
  test("needs only a name: everything else has a default", () => {
    expect(checkedSite({ name: "bare" }, "x")).toMatchInlineSnapshot(`
      {
        "api": {
          "allow": [],
        },
        "bootTime": "30m",
        "bootsWithoutReport": 3,
        "defaults": {},
        "dhcp": {
          "leaseTime": "12h",
          "mode": "server",
          "relayed": [],
        },
        "dns": {
          "forwarders": [],
          "mode": "auto",
          "name": "dryboot",
        },
        "groups": {},
        "https": {
          "mode": "off",
        },
        "images": {},
        "lab": {
          "bootTimeout": "120s",
          "lanes": [
            "bios-pxe",
            "uefi-pxe",
          ],
        },
        "loaders": {
          "autoexec": "off",
          "bios": "undionly.kpxe",
          "biosFromIpxe": "ipxe.pxe",
          "ipxe": "installed",
          "x64": "snponly.efi",
        },
        "machines": [],
        "mirrors": {},
        "name": "bare",
        "network": {
          "dns": [],
          "ntp": [],
          "subnet": "10.69.0.0/24",
        },
        "rules": [],
        "state": {
          "handOut": "newest",
          "keep": {
            "daily": 14,
            "last": 20,
            "weekly": 8,
          },
          "largest": "16M",
          "mode": "off",
        },
        "syslog": {
          "mode": "on",
        },
        "tftp": {
          "singlePort": false,
        },
        "whenBootFails": "firmware",
      }
    `);
  });

  test("explains every leaf", () => {
    const undescribed: string[] = [];
    const walk = (node: z.core.JSONSchema.BaseSchema, at: string) => {
      if (node.description === undefined && at !== "") undescribed.push(at);
      const { properties = {}, items, additionalProperties, prefixItems } = node;
      const elements = [items, additionalProperties, prefixItems]
        .flat()
        .map((child) => ["[]", child] as const);
      for (const [key, child] of [...Object.entries(properties), ...elements]) {
        if (typeof child === "object") walk(child, `${at}.${key}`);
      }
    };
    walk(z.toJSONSchema(siteSchema, { io: "input" }), "");
    expect(undescribed).toEqual([]);
  });

  test("tells one mistake with its place, what is there, and what is expected", () => {
    expect(told({ ...good, machines: [{ ...one, mac: "52:54:00" }] })).toBe(
      [
        'error: `machines[0].mac` is "52:54:00": expected a MAC address such as 52:54:00:69:00:0a',
        "  where: lab/x/site.ts",
        "  next:  change it in the site file and run again  [SITE_INVALID]",
      ].join("\n"),
    );
  });

  test("tells all mistakes at once", () => {
    expect(told({ nam: "x", dhcp: { mode: "servr" }, machines: [{ mac: 5 }] })).toBe(
      [
        "error: 5 mistakes in the site:",
        "    `name` is missing: expected text",
        '    `dhcp.mode` is "servr": expected `server`, `reservations`, `proxy`, `off`; did you mean `server`?',
        "    `machines[0].name` is missing: expected text",
        "    `machines[0].mac` is 5: expected text",
        "    `nam` is no key we know; did you mean `name`?",
        "  where: lab/x/site.ts",
        "  next:  change it in the site file and run again  [SITE_INVALID]",
      ].join("\n"),
    );
  });

  const machine = (more: object) => ({ ...good, machines: [{ ...one, ...more }] });
  test.each<[string, unknown, string]>([
    ["nothing", undefined, "the site is missing: expected an object"],
    ["a function", () => good, "the site is a function: expected an object"],
    ["a list", [good], "the site is a list: expected an object"],
    ["an unknown key", machine({ imag: "rescue" }), "`machines[0].imag` is no key we know"],
    [
      "a name for a host",
      machine({ name: "One_1" }),
      '`machines[0].name` is "One_1": expected a name of lower-case letters',
    ],
    [
      "an image's name",
      { ...good, images: { "../x": { recipe: "rescue" } } },
      '`images["../x"]` cannot be called that: expected a name',
    ],
    [
      "an unknown recipe",
      { ...good, images: { a: { recipe: "gentoo" } } },
      '`images.a.recipe` is "gentoo": expected `rescue`, `rescue-arm64`, `memtest`, `memtest-efi`',
    ],
    [
      "no recipe",
      { ...good, images: { a: {} } },
      "`images.a.recipe` is missing: expected `rescue`, `rescue-arm64`, `memtest`, `memtest-efi`",
    ],
    [
      "a subnet with host bits",
      { ...good, network: { subnet: "10.69.0.1/24" } },
      '`network.subnet` is "10.69.0.1/24": expected a network',
    ],
    ["a subnet for nobody", { ...good, network: { subnet: "10.69.0.0/31" } }, "between /8 and /30"],
    [
      "a duration without a unit",
      { ...good, dhcp: { leaseTime: "3600" } },
      '`dhcp.leaseTime` is "3600": expected a duration from 60s',
    ],
    ["a range of one", { ...good, dhcp: { range: ["10.69.0.9"] } }, "`dhcp.range"],
    ["no lane", { ...good, lab: { lanes: [] } }, "`lab.lanes` is an empty list: expected more entries"],
    [
      "a disk of nothing",
      machine({ disks: [{}] }),
      "`machines[0].disks[0]` is an object: expected either `size` or `file`",
    ],
    [
      "a disk that is too small",
      machine({ disks: [{ size: "1K" }] }),
      '`machines[0].disks[0].size` is "1K": expected a size between 1M and 16384G',
    ],
    [
      "too little memory",
      machine({ memory: "1K" }),
      '`machines[0].memory` is "1K": expected a size between 64M and 1024G',
    ],
    [
      "a loader outside",
      machine({ loader: "../x.efi" }),
      '`machines[0].loader` is "../x.efi": expected a file name',
    ],
    [
      "a command line that leaves its line",
      machine({ commandLine: "quiet && shell" }),
      '"&&" is an operator of iPXE',
    ],
    ["a line break", machine({ commandLine: "a\nshell" }), "holds white space, a control character"],
    ["an iPXE setting", machine({ commandLine: "a=$" + "{mac}" }), "is iPXE's way to write it"],
    // what no single field shows
    [
      "an address elsewhere",
      machine({ ip: "10.70.0.1" }),
      "`machines[0].ip` is 10.70.0.1: expected an address that a machine can have in 10.69.0.0/24",
    ],
    ["the broadcast address", machine({ ip: "10.69.0.255" }), "`machines[0].ip` is 10.69.0.255: expected"],
    [
      "the server's address",
      machine({ ip: "10.69.0.1" }),
      "`machines[0].ip` is 10.69.0.1: that is the server's own address",
    ],
    [
      "the server's name",
      { network: { domain: "lab.internal" }, ...machine({ name: "dryboot" }) },
      "`machines[0].name` is dryboot: that is the server's own name",
    ],
    [
      "a forwarder that is the server",
      { ...good, dns: { forwarders: ["10.69.0.53", "10.69.0.1"] } },
      "`dns.forwarders[1]` is 10.69.0.1: that is the server's own address",
    ],
    [
      "the router's address",
      { ...machine({ ip: "10.69.0.9" }), network: { router: "10.69.0.9" } },
      "that is the router's address",
    ],
    [
      "a server elsewhere",
      { ...good, network: { server: "10.0.0.1" } },
      "`network.server` is 10.0.0.1: expected",
    ],
    [
      "a range backwards",
      { ...good, dhcp: { range: ["10.69.0.20", "10.69.0.12"] } },
      "`dhcp.range` runs backwards, from 10.69.0.20 to 10.69.0.12",
    ],
    [
      "a range over the server",
      { ...good, dhcp: { range: ["10.69.0.1", "10.69.0.20"] } },
      "`dhcp.range` (10.69.0.1 to 10.69.0.20) holds the server's own address, 10.69.0.1",
    ],
    [
      "a range elsewhere",
      { ...good, dhcp: { range: ["10.69.0.12", "10.69.1.20"] } },
      "`dhcp.range[1]` is 10.69.1.20: expected",
    ],
    [
      "a relayed network that shares addresses",
      { ...good, dhcp: { relayed: [{ subnet: "10.68.0.0/14" }] } },
      "`dhcp.relayed[0].subnet` is 10.68.0.0/14, which shares addresses with `network.subnet` (10.69.0.0/24)",
    ],
    [
      "a relayed network's range elsewhere",
      { ...good, dhcp: { relayed: [{ subnet: "10.70.0.0/24", range: ["10.70.0.9", "10.69.0.20"] }] } },
      "`dhcp.relayed[0].range[1]` is 10.69.0.20: expected an address that a machine can have in 10.70.0.0/24",
    ],
    [
      "a relayed network's router elsewhere",
      { ...good, dhcp: { relayed: [{ subnet: "10.70.0.0/24", router: "10.69.0.254" }] } },
      "`dhcp.relayed[0].router` is 10.69.0.254: expected",
    ],
    [
      "an address on no network",
      { ...machine({ ip: "10.71.0.1" }), dhcp: { relayed: [{ subnet: "10.70.0.0/24" }] } },
      "expected an address that a machine can have in 10.69.0.0/24 or 10.70.0.0/24",
    ],
    [
      "an unknown dialect",
      machine({ dialect: "redirekt" }),
      '`machines[0].dialect` is "redirekt": expected `direct`, `redirect`',
    ],
    [
      "a name twice",
      { ...good, machines: [one, { ...two, name: "one" }] },
      "`machines[1].name` is one, and so is `machines[0].name`",
    ],
    [
      "a MAC twice",
      { ...good, machines: [one, { ...two, mac: "525400-69000A".replace("-", "") }] },
      "`machines[1].mac` is 52:54:00:69:00:0a, and so is `machines[0].mac` of one",
    ],
    [
      "an address twice",
      { ...good, machines: [one, { ...two, ip: "10.69.0.10" }] },
      "`machines[1].ip` is 10.69.0.10, and so is `machines[0].ip` of one",
    ],
    [
      "an image that is not there",
      machine({ image: "rescu" }),
      '`machines[0].image` is "rescu": there is no such name in `images`',
    ],
    [
      "a default image that is not there",
      { ...good, defaultImage: "toString" },
      '`defaultImage` is "toString"',
    ],
  ])("refuses %s", (_, site, sentence) => expect(told(site)).toContain(sentence));

  test("names what was probably meant", () => {
    expect(told(machine({ image: "rescu" }))).toContain("next:  did you mean `rescue`?");
    expect(told({ ...good, network: { subnett: "10.0.0.0/8" } })).toContain("next:  did you mean `subnet`?");
    expect(told(machine({ image: "zzzzzzzz" }))).toContain("next:  there is `rescue`");
  });

  test("is refused in words, whatever it is", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (network, images, machines) => {
        try {
          checkedSite({ name: "x", network, images, machines }, "x");
        } catch (error) {
          expect(error).toBeInstanceOf(DrybootError);
        }
      }),
    );
  });
});
