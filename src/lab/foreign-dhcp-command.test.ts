import { describe, expect, test } from "vitest";
import { parseSubnet } from "../wire/ipv4.ts";
import type { ForeignNetwork } from "./foreign-dhcp-command.ts";
import { foreignAddress, foreignCommand, foreignReply } from "./foreign-dhcp-command.ts";

const subnet = (text: string) => parseSubnet(text) ?? expect.fail(`${text} is no subnet`);
const network: ForeignNetwork = {
  server: "10.69.0.1",
  subnet: subnet("10.69.0.0/24"),
  range: ["10.69.0.100", "10.69.0.200"],
  reservations: [],
};

describe("the address of the other DHCP server", () => {
  test.each<[string, Partial<ForeignNetwork>, string]>([
    ["is the last of the subnet", {}, "10.69.0.254"],
    ["is not the router's", { router: "10.69.0.254" }, "10.69.0.253"],
    ["is not a name server's", { dns: ["10.69.0.254", "10.69.0.253"] }, "10.69.0.252"],
    ["is no machine's", { reservations: [{ mac: "x", address: "10.69.0.254" }] }, "10.69.0.253"],
    ["is outside the range", { range: ["10.69.0.128", "10.69.0.254"] }, "10.69.0.127"],
    ["is in the range where there is no other", { range: ["10.69.0.2", "10.69.0.254"] }, "10.69.0.254"],
  ])("%s", (_, change, address) => {
    expect(foreignAddress({ ...network, ...change })).toBe(address);
  });

  test("does not exist in a full network, and that is said", () => {
    const full = { ...network, subnet: subnet("10.69.0.0/30"), router: "10.69.0.2" };
    expect(() => foreignAddress(full)).toThrow(
      expect.objectContaining({ code: "FOREIGN_DHCP_NO_ADDRESS", exitCode: 2 }),
    );
  });
});

describe("dnsmasq as the other DHCP server", () => {
  test("lends the site's range, and is no router, no name server and no boot server", () => {
    const words = foreignCommand(network);
    expect(words).toContain("--dhcp-range=10.69.0.100,10.69.0.200,255.255.255.0,1h");
    expect(words).toEqual(
      expect.arrayContaining(["--dhcp-option=option:router", "--dhcp-option=option:dns-server", "--port=0"]),
    );
    expect(words.join(" ")).not.toMatch(/boot|tftp|pxe/);
  });

  test("gives the machines of the site their addresses and everybody the network's settings", () => {
    const reservations = [
      { mac: "52:54:00:69:00:0a", address: "10.69.0.10", hostName: "node1" },
      { mac: "52:54:00:69:00:0b", address: "10.69.0.11" },
    ];
    const told = { router: "10.69.0.3", dns: ["10.69.0.4", "10.69.0.5"], domain: "lab.internal" };
    expect(foreignCommand({ ...network, reservations, ...told })).toEqual(
      expect.arrayContaining([
        "--dhcp-host=52:54:00:69:00:0a,10.69.0.10,node1",
        "--dhcp-host=52:54:00:69:00:0b,10.69.0.11",
        "--dhcp-option=option:router,10.69.0.3",
        "--dhcp-option=option:dns-server,10.69.0.4,10.69.0.5",
        "--dhcp-option=option:domain-name,lab.internal",
      ]),
    );
  });
});

describe("dnsmasq's log", () => {
  test.each([
    ["DHCPACK", "dnsmasq-dhcp: DHCPACK(eth0) 10.69.0.150 52:54:00:69:00:0a node1"],
    ["DHCPOFFER", "dnsmasq-dhcp: DHCPOFFER(eth0) 10.69.0.150 52:54:00:69:00:0a"],
    ["DHCPNAK", "dnsmasq-dhcp: DHCPNAK(eth0) 10.69.0.150 52:54:00:69:00:0a wrong address"],
  ])("tells a %s that it sent", (messageType, line) => {
    expect(foreignReply(line)).toEqual({ messageType, yiaddr: "10.69.0.150", mac: "52:54:00:69:00:0a" });
  });

  test.each([
    "dnsmasq-dhcp: DHCPDISCOVER(eth0) 52:54:00:69:00:0a",
    "dnsmasq-dhcp: DHCPREQUEST(eth0) 10.69.0.150 52:54:00:69:00:0a",
    "dnsmasq-dhcp: DHCP, IP range 10.69.0.100 -- 10.69.0.200, lease time 1h",
    "",
  ])("tells no reply by %j", (line) => {
    expect(foreignReply(line)).toBeUndefined();
  });
});
