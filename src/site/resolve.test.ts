import { describe, expect, test } from "vitest";
import { listSites } from "./find.ts";
import { checkedSite, loadSite } from "./load.ts";
import { resolveSite } from "./resolve.ts";
import type { SiteFile } from "./schema.ts";

const resolved = (site: Omit<SiteFile, "name">, httpPort?: number) =>
  resolveSite(checkedSite({ name: "x", ...site }, "x"), httpPort === undefined ? {} : { httpPort });

describe("a resolved site", () => {
  test("gives DHCP its policy", () => {
    const { dhcp } = resolved({
      network: { router: "10.69.0.254", domain: "lab.internal", dns: ["10.69.0.53"], ntp: ["10.69.0.9"] },
      dhcp: { mode: "reservations", leaseTime: "90m" },
      machines: [
        { name: "a", mac: "52-54-00-69-00-0A", ip: "10.69.0.10" },
        { name: "b", mac: "52:54:00:69:00:0b" },
      ],
    });
    expect(dhcp).toEqual({
      mode: "reservations",
      server: "10.69.0.1",
      subnet: { network: "10.69.0.0", prefixLength: 24 },
      router: "10.69.0.254",
      domain: "lab.internal",
      dns: ["10.69.0.53"],
      ntp: ["10.69.0.9"],
      logServers: ["10.69.0.1"],
      leaseTimeMs: 5_400_000,
      range: ["10.69.0.128", "10.69.0.254"],
      reservations: [{ mac: "52:54:00:69:00:0a", address: "10.69.0.10", hostName: "a" }],
    });
  });

  test("names no log server where nobody takes log lines", () => {
    expect(resolved({ syslog: { mode: "off" } }).dhcp).not.toHaveProperty("logServers");
  });

  test("gives networks behind relays their own policy, and each the machines that live there", () => {
    const { dhcp, boot } = resolved({
      network: { router: "10.69.0.254" },
      dhcp: {
        mode: "proxy",
        offerDelay: "500ms",
        relayed: [
          { subnet: "10.70.0.0/16", router: "10.70.0.1" },
          { subnet: "10.71.0.0/24", mode: "off" },
        ],
      },
      machines: [
        { name: "a", mac: "52:54:00:69:00:0a", ip: "10.69.0.10", dialect: "redirect" },
        {
          name: "b",
          mac: "52:54:00:69:00:0b",
          ip: "10.70.0.10",
          uuid: "5F3C0A1E-0000-4000-8000-52540069000A",
        },
      ],
    });
    expect(dhcp).toMatchObject({ mode: "proxy", router: "10.69.0.254", reservations: [{ hostName: "a" }] });
    expect(boot.machines[0]).toMatchObject({ dialect: "redirect" });
    expect(dhcp.offerDelayMs).toBe(500);
    expect(dhcp.relayed).toMatchObject([
      {
        mode: "server",
        offerDelayMs: 500,
        server: "10.69.0.1",
        subnet: { network: "10.70.0.0", prefixLength: 16 },
        router: "10.70.0.1",
        range: ["10.70.128.0", "10.70.128.255"],
        reservations: [{ hostName: "b", uuid: "5f3c0a1e-0000-4000-8000-52540069000a" }],
      },
      { mode: "off", reservations: [] },
    ]);
    expect(dhcp.relayed?.[1]?.router).toBeUndefined();
  });

  test.each<[string, [string, string]]>([
    ["10.69.0.0/24", ["10.69.0.128", "10.69.0.254"]],
    ["10.0.0.0/8", ["10.128.0.0", "10.128.0.255"]],
    ["192.168.1.4/30", ["192.168.1.6", "192.168.1.6"]],
  ])("lends addresses of %s from its middle on", (subnet, range) => {
    expect(resolved({ network: { subnet } }).dhcp.range).toEqual(range);
  });

  test("tells the plan what each machine and image says, and where HTTP listens", () => {
    const { boot, machines, choices } = resolved(
      {
        images: { shell: { recipe: "rescue", commandLine: "a" }, di: { recipe: "debian-installer" } },
        defaultImage: "shell",
        loaders: { arm64: "arm.efi" },
        machines: [{ name: "a", mac: "52:54:00:69:00:0a", memory: "1G", loader: "ipxe.efi" }],
      },
      8080,
    );
    expect(boot).toMatchObject({
      http: "http://10.69.0.1:8080",
      defaultImage: "shell",
      machines: [{ name: "a", mac: "52:54:00:69:00:0a", loader: "ipxe.efi" }],
      loaders: { bios: "undionly.kpxe", x64: "snponly.efi", arm64: "arm.efi" },
    });
    expect([...boot.images]).toEqual([
      ["shell", { reportsReady: true, commandLine: "a" }],
      ["di", { reportsReady: false }],
    ]);
    expect(choices.get("di")).toEqual({ recipe: "debian-installer", release: 12 });
    expect(machines).toMatchObject([{ name: "a", image: "shell", memoryBytes: 2 ** 30 }]);
  });

  test("gives machines of the lab their disks", () => {
    const disks = [{ size: "64M" }, { file: "/srv/root.qcow2" }];
    const { machines } = resolved({ machines: [{ name: "a", mac: "52:54:00:69:00:0a", disks }] });
    expect(machines[0]?.disks).toEqual([{ sizeBytes: 2 ** 26 }, { file: "/srv/root.qcow2" }]);
  });
});

describe("the DNS of a resolved site", () => {
  test("is there for a domain: machines are told of it, and it knows them", () => {
    const { dns, dhcp } = resolved({
      network: { domain: "Lab.internal" },
      dns: { forwarders: ["192.0.2.53"] },
      machines: [{ name: "a", mac: "52-54-00-69-00-0A", ip: "10.69.0.10" }],
    });
    expect(dhcp.dns).toEqual(["10.69.0.1"]);
    expect(dns).toEqual({
      server: "10.69.0.1",
      serverName: "dryboot",
      domain: "lab.internal",
      subnets: [{ network: "10.69.0.0", prefixLength: 24 }],
      ttlSeconds: 60,
      machines: [{ name: "a", mac: "52:54:00:69:00:0a", ip: "10.69.0.10" }],
      forwarders: [{ address: "192.0.2.53", port: 53 }],
    });
  });

  test.each<[string, Omit<SiteFile, "name">, boolean, string[]]>([
    ["neither domain nor forwarders", {}, false, []],
    ["forwarders only", { dns: { forwarders: ["192.0.2.53"] } }, true, ["10.69.0.1"]],
    ["off", { network: { domain: "lab.internal" }, dns: { mode: "off" } }, false, []],
    ["another's servers", { network: { domain: "x.y", dns: ["10.69.0.53"] } }, true, ["10.69.0.53"]],
  ])("with %s", (_, site, served, told) => {
    const { dns, dhcp } = resolved(site);
    expect(dns !== undefined).toBe(served);
    expect(dhcp.dns).toEqual(told);
  });

  test("log lines are taken unless the site says no", () => {
    expect([resolved({}).syslog, resolved({ syslog: { mode: "off" } }).syslog]).toEqual([true, false]);
  });
});

describe("the example sites", () => {
  test("are these", async () => {
    expect(await listSites()).toEqual(
      expect.arrayContaining(["debian-installer", "quickstart", "two-machines"]),
    );
  });

  test("load, are called like their folders, and give every machine an image", async () => {
    for (const name of await listSites()) {
      const { site } = await loadSite(name);
      expect(site.name).toBe(name);
      expect(resolveSite(site).machines.filter(({ image }) => image === undefined)).toEqual([]);
    }
  });
});
