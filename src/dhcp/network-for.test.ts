import { describe, expect, test } from "vitest";
import { parseSubnet } from "../wire/ipv4.ts";
import { edk2PxeDiscover, hex } from "./captured-messages.ts";
import { bound, converse, from, policy, replied, server, stranger, summary } from "./conversation.ts";
import { LeaseTable } from "./leases.ts";
import type { DhcpMessage } from "./message.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import type { MessageType } from "./message-types.ts";
import type { DhcpOptions } from "./options.ts";
import type { DhcpPolicy, RelayedNetwork } from "./policy.ts";
import { couldLend } from "./policy.ts";

const network = (subnet: string, more: Partial<RelayedNetwork>): RelayedNetwork => {
  const { boot: _, range: __, router: ___, ...common } = policy;
  return { ...common, reservations: [], subnet: parseSubnet(subnet) ?? policy.subnet, ...more };
};

/** Our own network is lent from; behind relays one more, one with a foreign server, one that is left alone. */
const ours: DhcpPolicy = {
  ...policy,
  relayed: [
    network("10.70.0.0/24", { range: ["10.70.0.100", "10.70.0.101"], router: "10.70.0.1" }),
    network("10.71.0.0/24", { mode: "proxy" }),
    network("10.72.0.0/24", { mode: "off" }),
  ],
};
const ask = (message: DhcpMessage, leases = new LeaseTable()) => converse(leases, [message], 0, ours);
const relayedBy = (giaddr: string, more: Partial<DhcpMessage> = {}): DhcpMessage => ({
  ...decodeMessage(edk2PxeDiscover),
  giaddr,
  ...more,
});

describe("the network a message is about", () => {
  test.each([
    ["0.0.0.0", "DHCPOFFER 10.69.0.10"], // ours, where this machine has a reservation
    ["10.69.0.253", "DHCPOFFER 10.69.0.10"],
    ["10.71.0.1", "DHCPOFFER 0.0.0.0"], // a proxy's
    ["10.72.0.1", "DHCP is switched off"],
    ["10.73.0.1", "relay 10.73.0.1 is not on 10.69.0.0/24 or 10.70.0.0/24 or 10.71.0.0/24 or 10.72.0.0/24"],
    [
      "10.70.0.255",
      "relay 10.70.0.255 is not on 10.69.0.0/24 or 10.70.0.0/24 or 10.71.0.0/24 or 10.72.0.0/24",
    ],
  ])("with giaddr %s: %s", (giaddr, expected) => expect(summary(ask(relayedBy(giaddr)))).toBe(expected));

  test("has its own pool, mask and router, and the same server", () => {
    const { message, to } = replied(ask(relayedBy("10.70.0.1"))).reply;
    expect(to).toEqual({ address: "10.70.0.1", port: "relay" });
    expect(message.yiaddr).toMatch(/^10\.70\.0\.10[01]$/);
    expect(message).toMatchObject({ file: "loader.efi", giaddr: "10.70.0.1" });
    expect(message.options).toMatchObject({
      serverIdentifier: server,
      subnetMask: "255.255.255.0",
      broadcastAddress: "10.70.0.255",
      router: ["10.70.0.1"],
    });
  });

  test("is the one a relay names when it asks from elsewhere (RFC 3527), and 82 goes back as it came", () => {
    const relayAgentInformation = hex("01 02 0001 05 04 0a460000");
    const named = relayedBy("10.69.0.253");
    const { message, to } = replied(
      ask({ ...named, options: { ...named.options, relayAgentInformation } }),
    ).reply;
    expect(message.yiaddr).toMatch(/^10\.70\.0\./);
    expect(to.address).toBe("10.69.0.253");
    expect(
      Buffer.from(encodeMessage(message)).includes(Buffer.from(hex("52 0a 01 02 0001 05 04 0a460000 ff"))),
    ).toBe(true);
  });

  test.each([
    ["a network of nobody here", "05 04 0a4a0000", /asks for 10\.74\.0\.0, which is on no network of ours/],
    ["an option 82 that cannot be read", "05 40 0a", /^DHCPOFFER 10\.69/],
    ["a link of three bytes", "05 03 0a4600", /^DHCPOFFER 10\.69/],
  ])("when a relay names %s", (_, bytes, expected) => {
    const named = relayedBy("10.69.0.253");
    const options = { ...named.options, relayAgentInformation: hex(bytes) };
    expect(summary(ask({ ...named, options }))).toMatch(expected);
  });

  test.each([
    ["by itself", {}, /^DHCPOFFER 10\.70/],
    ["through the relay of another", { giaddr: "10.69.0.253" }, /^DHCPOFFER 10\.70/],
  ])("is the one a client asks for %s (RFC 3011 §2), and 118 goes back", (_, header, expected) => {
    const asked = from(stranger, "DHCPDISCOVER", { subnetSelection: "10.70.0.0" }, header);
    const decision = ask(asked);
    expect(summary(decision)).toMatch(expected);
    expect(replied(decision).reply.message.options.subnetSelection).toBe("10.70.0.0");
  });

  test.each([
    [
      "RFC 3011 §2: nobody is given an address of a network he did not ask for",
      { subnetSelection: "10.74.0.0" },
      {},
      "it asks for 10.74.0.0, which is on no network of ours (option 118)",
    ],
    [
      "RFC 3527 §3: the relay's word is worth more than the client's",
      { subnetSelection: "10.71.0.0", relayAgentInformation: hex("05 04 0a460000") },
      { giaddr: "10.69.0.253" },
      /^DHCPOFFER 10\.70/,
    ],
    [
      "RFC 3527 §3: a client that writes 82 itself selects nothing with it",
      { relayAgentInformation: hex("05 04 0a460000") },
      {},
      /^DHCPOFFER 10\.69/,
    ],
  ])("%s", (_, options, header, expected) => {
    expect(summary(ask(from(stranger, "DHCPDISCOVER", options, header)))).toMatch(expected);
  });

  test("a client that moved to another network is refused there, through the relay", () => {
    const leases = new LeaseTable([bound("10.69.0.101", stranger)]);
    const moved = from(
      stranger,
      "DHCPREQUEST",
      { requestedIpAddress: "10.69.0.101" },
      { giaddr: "10.70.0.1" },
    );
    const { reply } = replied(ask(moved, leases));
    expect(reply.message.options).toMatchObject({
      messageType: "DHCPNAK",
      message: "10.69.0.101 is not on 10.70.0.0/24",
    });
    expect(reply.to.address).toBe("10.70.0.1");
  });

  test("one behind a router renews without its relay, and is answered where it is", () => {
    const leases = new LeaseTable([bound("10.70.0.100", stranger)]);
    const renewing = from(stranger, "DHCPREQUEST", {}, { ciaddr: "10.70.0.100" });
    const decision = ask(renewing, leases);
    expect(summary(decision)).toBe("DHCPACK 10.70.0.100");
    expect(replied(decision).reply.to).toEqual({ address: "10.70.0.100", port: "client" });
    expect(replied(decision).reply.message.options.router).toEqual(["10.70.0.1"]);
  });

  describe("a relay that wants to hear all its clients say (RFC 5107 §4)", () => {
    const giaddr = "10.70.0.1";
    const relayAgentInformation = hex("0b 04 0a460001"); // 82.11: 10.70.0.1
    const through = (messageType: MessageType, options: DhcpOptions, header = {}) =>
      from(stranger, messageType, { ...options, relayAgentInformation }, { giaddr, ...header });
    const requestedIpAddress = "10.70.0.100";

    test("is what its clients take for their server, from the offer to the end", () => {
      const leases = new LeaseTable();
      const offer = replied(ask(through("DHCPDISCOVER", { requestedIpAddress }), leases)).reply.message;
      expect(offer.options.serverIdentifier).toBe(giaddr);
      const chosen = { serverIdentifier: giaddr, requestedIpAddress };
      const ack = replied(ask(through("DHCPREQUEST", chosen), leases)).reply.message;
      expect(ack.options).toMatchObject({ messageType: "DHCPACK", serverIdentifier: giaddr });
      const released = through("DHCPRELEASE", { serverIdentifier: giaddr }, { ciaddr: requestedIpAddress });
      expect(summary(ask(released, leases))).toBe(`it released ${requestedIpAddress}`);
      ask(through("DHCPREQUEST", chosen), leases);
      expect(summary(ask(through("DHCPDECLINE", chosen), leases))).toMatch(/^it declined 10\.70\.0\.100: /);
    });

    test("names itself: a client that chose us by our own address chose another", () => {
      const chosen = { serverIdentifier: server, requestedIpAddress };
      expect(summary(ask(through("DHCPREQUEST", chosen)))).toBe(`it chose the server ${server}`);
    });

    test("is not believed where there is no relay, nor where a proxy must be found on port 4011", () => {
      const direct = replied(ask(through("DHCPDISCOVER", {}, { giaddr: "0.0.0.0" }))).reply.message;
      expect(direct.options.serverIdentifier).toBe(server);
      const firmware = relayedBy("10.71.0.1");
      const options = { ...firmware.options, relayAgentInformation };
      const proxied = replied(ask({ ...firmware, options })).reply.message;
      expect(proxied.options.serverIdentifier).toBe(server);
    });
  });

  test("clients of one do not use up the addresses of another", () => {
    const leases = new LeaseTable();
    for (const last of ["0", "1", "2", "3"])
      leases.store(bound(`10.69.0.10${last}`, `00:00:00:00:00:0${last}`));
    expect(summary(ask(relayedBy("10.70.0.1"), leases))).toMatch(/^DHCPOFFER 10\.70/);
    expect(summary(ask(from(stranger, "DHCPDISCOVER"), leases))).toMatch(/no address of 10\.69\.0\.100/);
  });

  test("nor does a search in one lose sight of what is over in another", () => {
    const leases = new LeaseTable();
    for (const last of [0, 1, 2, 3]) leases.store(bound(`10.69.0.10${last}`, `00:00:00:00:00:0${last}`, -9));
    for (const last of [0, 1]) leases.store(bound(`10.70.0.10${last}`, `00:00:00:00:01:0${last}`));
    expect(summary(ask(relayedBy("10.70.0.1"), leases))).toMatch(/no address of 10\.70\.0\.100/);
    expect(summary(ask(from(stranger, "DHCPDISCOVER"), leases))).toBe("DHCPOFFER 10.69.0.100");
  });

  test("a lease is kept as long as any network could have lent it", () => {
    const lends = (address: string, mac = stranger) => couldLend(ours, { address, mac });
    expect([lends("10.69.0.100"), lends("10.70.0.100"), lends("10.70.0.99")]).toEqual([true, true, false]);
    expect([lends("10.69.0.10"), lends("10.69.0.10", "52:54:00:69:00:0a")]).toEqual([false, true]);
  });
});
