import { describe, expect, test } from "vitest";
import { hex } from "./captured-messages.ts";
import { converse, from, os, policy, replied, server, stranger, summary } from "./conversation.ts";
import { LeaseTable } from "./leases.ts";
import { encodeMessage } from "./message.ts";
import type { DhcpOptions } from "./options.ts";
import type { DhcpPolicy } from "./policy.ts";

describe("time and log servers (RFC 2132 §8.3, §3.9)", () => {
  const told: DhcpPolicy = { ...policy, ntp: ["10.69.0.123"], logServers: [server] };
  const offered = (options: DhcpOptions) =>
    replied(converse(new LeaseTable(), [from(stranger, "DHCPDISCOVER", options)], 0, told)).reply.message
      .options;

  test.each([
    ["who asks for both", [42, 7], { networkTimeProtocolServers: ["10.69.0.123"], logServer: [server] }],
    [
      "who leaves the choice to us",
      undefined,
      { networkTimeProtocolServers: ["10.69.0.123"], logServer: [server] },
    ],
    ["who asks for one", [1, 7], { networkTimeProtocolServers: undefined, logServer: [server] }],
    ["who asks for none", [1, 3], { networkTimeProtocolServers: undefined, logServer: undefined }],
  ])("%s is told that", (_, parameterRequestList, expected) => {
    const { networkTimeProtocolServers, logServer } = offered(
      parameterRequestList === undefined ? {} : { parameterRequestList },
    );
    expect({ networkTimeProtocolServers, logServer }).toEqual(expected);
  });

  test("are the first to go where there is no room", () => {
    const many = Array.from({ length: 80 }, (_, n) => `10.69.0.${n + 1}`);
    const crowded: DhcpPolicy = { ...policy, ntp: many, logServers: many };
    const decision = converse(new LeaseTable(), [from(stranger, "DHCPDISCOVER")], 0, crowded);
    expect(replied(decision).reason).toMatch(
      /left out for want of room: logServer, networkTimeProtocolServers$/,
    );
  });
});

describe("how a reply travels", () => {
  test("a relay gets it, with its option last and byte for byte", () => {
    const relayAgentInformation = hex("01 04 65746830 02 02 beef");
    const relayed = from(
      stranger,
      "DHCPDISCOVER",
      { relayAgentInformation },
      { giaddr: "10.69.0.253", hops: 1 },
    );
    const { message, to } = replied(converse(new LeaseTable(), [relayed])).reply;
    expect(to).toEqual({ address: "10.69.0.253", port: "relay" });
    expect(message).toMatchObject({ giaddr: "10.69.0.253", hops: 0, xid: os.xid });
    const bytes = Buffer.from(encodeMessage(message));
    expect(bytes.includes(Buffer.from(hex("52 0a 01 04 65746830 02 02 beef ff")))).toBe(true);
  });

  test("a refusal through a relay asks it to broadcast", () => {
    const relayed = from(
      stranger,
      "DHCPREQUEST",
      { requestedIpAddress: "192.168.1.7" },
      { giaddr: "10.69.0.253" },
    );
    const { message, to } = replied(converse(new LeaseTable(), [relayed])).reply;
    expect([to.port, message.flags]).toEqual(["relay", 0x8000]);
  });

  test.each(["203.0.113.9", "10.70.0.1", server])("a relay at %s is not ours", (giaddr) => {
    expect(summary(converse(new LeaseTable(), [from(stranger, "DHCPDISCOVER", {}, { giaddr })]))).toBe(
      `relay ${giaddr} is not on 10.69.0.0/24`,
    );
  });

  test.each([0x0000, 0x8000])("without an address it is broadcast, flags %i echoed", (flags) => {
    const { message, to } = replied(
      converse(new LeaseTable(), [from(stranger, "DHCPDISCOVER", {}, { flags })]),
    ).reply;
    expect([message.flags, to.address]).toEqual([flags, "255.255.255.255"]);
  });
});
