import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { mutants } from "../core/mutants.fixture.ts";
import {
  edk2HttpDiscover,
  edk2PxeDiscover,
  hex,
  ipxeRomDiscover,
  udhcpcDiscover,
} from "./captured-messages.ts";
import {
  bound,
  converse,
  from,
  os,
  policy,
  replied,
  reserved,
  server,
  stranger,
  summary,
} from "./conversation.ts";
import { LeaseTable } from "./leases.ts";
import type { DhcpMessage } from "./message.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import type { DhcpOptions } from "./options.ts";
import type { DhcpPolicy } from "./policy.ts";

test("an offer waits as long as the network's ROMs need to begin to listen, and nothing else does", () => {
  const slow: DhcpPolicy = { ...policy, offerDelayMs: 500 };
  const leases = new LeaseTable();
  const offered = converse(leases, [from(stranger, "DHCPDISCOVER")], 0, slow);
  expect(offered).toHaveProperty("delayMs", 500);
  const requestedIpAddress = replied(offered).reply.message.yiaddr;
  const ack = converse(leases, [from(stranger, "DHCPREQUEST", { requestedIpAddress })], 0, slow);
  expect(summary(ack)).toMatch(/^DHCPACK/);
  expect(ack).not.toHaveProperty("delayMs");
  expect(converse(leases, [from(stranger, "DHCPDISCOVER")])).not.toHaveProperty("delayMs");
});

describe("what follows an offer", () => {
  const request = (options: DhcpOptions, header = {}) => from(stranger, "DHCPREQUEST", options, header);
  const selecting = request({ serverIdentifier: server, requestedIpAddress: "10.69.0.101" });

  test("selecting it makes a lease", () => {
    const leases = new LeaseTable();
    const offered = converse(leases, [from(stranger, "DHCPDISCOVER", { requestedIpAddress: "10.69.0.101" })]);
    expect(offered.store).toMatchObject({ state: "offered", until: 60_000 });
    const decision = converse(leases, [selecting], 10);
    expect(decision.store).toMatchObject(bound("10.69.0.101", stranger, 3_600_010));
    expect(replied(decision).reply.message.options).toMatchObject({
      messageType: "DHCPACK",
      serverIdentifier: server,
      ipAddressLeaseTime: 3600,
      renewalTimeValue: 1800,
      rebindingTimeValue: 3150,
      subnetMask: "255.255.255.0",
      broadcastAddress: "10.69.0.255",
      router: ["10.69.0.254"],
      domainNameServer: [server],
      domainName: "lab.internal",
    });
  });

  test("asking again soon, as each of a boot's loaders does, needs no other record on the disk", () => {
    const leases = new LeaseTable();
    const isHeld = (at: number, message = selecting, under = policy) =>
      converse(leases, [message], at, under).isHeld;
    expect([0, 1000, 449_999, 450_001, 450_002].map((at) => isHeld(at))).toEqual([
      ...[false, true, true],
      ...[false, true],
    ]);
    expect(leases.at("10.69.0.101")).toMatchObject({ until: 4_050_002, heldUntil: 4_500_001 });
    expect(isHeld(450_003, request({ ...selecting.options, hostName: "shoe" }))).toBe(false);
    converse(leases, [from(stranger, "DHCPRELEASE", {}, { ciaddr: "10.69.0.101" })], 450_004);
    expect(leases.at("10.69.0.101")).not.toHaveProperty("heldUntil");
    expect(isHeld(450_005)).toBe(false);
    const long: DhcpPolicy = { ...policy, leaseTimeMs: 86_400_000 };
    expect([0, 600_000, 600_001].map((at) => isHeld(at, selecting, long))).toEqual([false, true, false]);
  });

  test("choosing another server frees what we offered", () => {
    const leases = new LeaseTable();
    converse(leases, [from(stranger, "DHCPDISCOVER")]);
    const decision = converse(leases, [
      request({ serverIdentifier: "10.69.0.2", requestedIpAddress: "10.69.0.101" }),
    ]);
    expect(summary(decision)).toBe("it chose the server 10.69.0.2");
    expect(decision.store).toMatchObject({ state: "ended", until: 0 });
  });

  test("a DISCOVER in a client's name does not shorten its lease", () => {
    const leases = new LeaseTable([bound("10.69.0.101", stranger)]);
    expect(converse(leases, [from(stranger, "DHCPDISCOVER")]).store).toBeUndefined();
  });

  test.each([
    ["INIT-REBOOT with the address it had", {}, "10.69.0.101", "DHCPACK 10.69.0.101"],
    ["INIT-REBOOT with a free address we forgot about", {}, "10.69.0.102", "DHCPACK 10.69.0.102"],
    ["INIT-REBOOT from another network", {}, "192.168.1.7", "DHCPNAK 0.0.0.0"],
    ["INIT-REBOOT with another's address", {}, "10.69.0.103", "DHCPNAK 0.0.0.0"],
    ["INIT-REBOOT with a reserved address", {}, "10.69.0.10", "DHCPNAK 0.0.0.0"],
    ["INIT-REBOOT outside the pool", {}, "10.69.0.50", "DHCPNAK 0.0.0.0"],
  ])("%s", (name, header, requestedIpAddress, expected) => {
    const leases = new LeaseTable([bound("10.69.0.103", "other")]);
    if (name.includes("it had")) leases.store(bound("10.69.0.101", stranger));
    expect(summary(converse(leases, [request({ requestedIpAddress }, header)]))).toBe(expected);
  });

  test("renewing is answered at the address, and lasts longer", () => {
    const leases = new LeaseTable([bound("10.69.0.101", stranger, 2000)]);
    const decision = converse(leases, [request({}, { ciaddr: "10.69.0.101" })], 1000);
    expect(summary(decision)).toBe("DHCPACK 10.69.0.101");
    expect(replied(decision).reply.to).toEqual({ address: "10.69.0.101", port: "client" });
    expect(replied(decision).reply.message.ciaddr).toBe("10.69.0.101");
    expect(decision.store?.until).toBe(3_601_000);
  });

  test("a refusal says why, to everybody, and changes nothing", () => {
    const decision = converse(new LeaseTable(), [request({}, { ciaddr: "192.168.1.7" })]);
    expect(replied(decision).reply.to).toEqual({ address: "255.255.255.255", port: "client" });
    expect(replied(decision).reply.message).toMatchObject({
      ciaddr: "0.0.0.0",
      siaddr: "0.0.0.0",
      options: { message: "192.168.1.7 is not on 10.69.0.0/24", serverIdentifier: server },
    });
    expect(decision.store).toBeUndefined();
  });

  test("no reply ever goes to an address only the packet names", () => {
    const lying = request(
      { serverIdentifier: server, requestedIpAddress: "10.69.0.101" },
      { ciaddr: "203.0.113.9" },
    );
    expect(replied(converse(new LeaseTable(), [lying])).reply.to.address).toBe("255.255.255.255");
    const informing = from(stranger, "DHCPINFORM", {}, { ciaddr: "203.0.113.9" });
    expect(summary(converse(new LeaseTable(), [informing]))).toBe(
      "it asks from 203.0.113.9, which is not on 10.69.0.0/24",
    );
  });

  test("INFORM gets settings, but no address and no lease", () => {
    const leases = new LeaseTable();
    const decision = converse(leases, [from(stranger, "DHCPINFORM", {}, { ciaddr: "10.69.0.77" })]);
    const { message, to } = replied(decision).reply;
    expect(to.address).toBe("10.69.0.77");
    expect(message.yiaddr).toBe("0.0.0.0");
    expect(message.options).toMatchObject({ messageType: "DHCPACK", router: ["10.69.0.254"] });
    expect(message.options.ipAddressLeaseTime).toBeUndefined();
    expect(leases.size).toBe(0);
  });

  test("RELEASE frees the address and keeps the memory of it", () => {
    const leases = new LeaseTable([bound("10.69.0.101", stranger)]);
    expect(summary(converse(leases, [from(stranger, "DHCPRELEASE", {}, { ciaddr: "10.69.0.101" })], 7))).toBe(
      "it released 10.69.0.101",
    );
    expect(leases.at("10.69.0.101")).toMatchObject({ state: "ended", until: 7 });
    expect(
      summary(converse(leases, [from("52:54:00:69:00:0c", "DHCPRELEASE", {}, { ciaddr: "10.69.0.101" })])),
    ).toMatch(/no lease of its/);
  });
});

describe("declining", () => {
  const decline = (address: string, mac = stranger) =>
    from(mac, "DHCPDECLINE", { serverIdentifier: server, requestedIpAddress: address });

  test("rests the address for ten minutes and gives the client another", () => {
    const leases = new LeaseTable([bound("10.69.0.101", stranger)]);
    expect(summary(converse(leases, [decline("10.69.0.101")], 5))).toMatch(
      /^it declined 10.69.0.101: somebody else/,
    );
    const next = converse(leases, [from(stranger, "DHCPDISCOVER", { requestedIpAddress: "10.69.0.101" })], 6);
    expect(replied(next).reply.message.yiaddr).not.toBe("10.69.0.101");
    const later = from("52:54:00:69:00:0d", "DHCPDISCOVER", { requestedIpAddress: "10.69.0.101" });
    expect(summary(converse(leases, [later], 600_005))).toBe("DHCPOFFER 10.69.0.101");
  });

  test("what one never had changes nothing", () => {
    const leases = new LeaseTable([bound("10.69.0.101", "other")]);
    expect(converse(leases, [decline("10.69.0.101")]).store).toBeUndefined();
  });

  test("cannot empty the pool", () => {
    const leases = new LeaseTable();
    for (let round = 0; round < 20; round += 1) {
      const decision = converse(leases, [from(stranger, "DHCPDISCOVER")], round);
      converse(leases, [decline(replied(decision).reply.message.yiaddr)], round);
    }
    expect([...leases.all()].filter(({ state }) => state === "declined")).toHaveLength(2); // 4 / 4, and 1 reservation
  });

  test("a reserved address gives its owner one of the pool meanwhile", () => {
    const leases = new LeaseTable();
    converse(leases, [from(reserved, "DHCPDISCOVER"), decline("10.69.0.10", reserved)]);
    expect(replied(converse(leases, [from(reserved, "DHCPDISCOVER")])).reason).toMatch(
      /\(its reserved 10.69.0.10 is used by a stranger\)$/,
    );
  });
});

describe("when the server stays silent, it says why", () => {
  const silence = (message: DhcpMessage, under: Partial<DhcpPolicy> = {}) =>
    summary(converse(new LeaseTable(), [message], 0, { ...policy, ...under }));

  test.each<[string, DhcpMessage, Partial<DhcpPolicy>]>([
    ["DHCP is switched off", from(stranger, "DHCPDISCOVER"), { mode: "off" }],
    [
      "52:54:00:69:00:0b has no reservation, and only those are served",
      from(stranger, "DHCPDISCOVER"),
      { mode: "reservations" },
    ],
    ["it is a server's reply, not a request", from(stranger, "DHCPOFFER", {}, { op: "BOOTREPLY" }), {}],
    ["it names no message type we know: plain BOOTP is not served", { ...os, options: {} }, {}],
    ["DHCPOFFER is not for a DHCP server", from(stranger, "DHCPOFFER"), {}],
    ["DHCPLEASEQUERY is not for a DHCP server", from(stranger, "DHCPLEASEQUERY"), {}],
    ["it has neither a hardware address nor a client identifier", from("", "DHCPDISCOVER"), {}],
    ["its request names no address", from(stranger, "DHCPREQUEST", { serverIdentifier: server }), {}],
    [
      "there is no pool to give addresses from",
      from(stranger, "DHCPDISCOVER"),
      { range: undefined } as never,
    ],
  ])("%s", (reason, message, under) => expect(silence(message, under)).toBe(reason));

  test("with only reservations, their owners are served", () => {
    const decision = converse(new LeaseTable(), [from(reserved, "DHCPDISCOVER")], 0, {
      ...policy,
      mode: "reservations",
    });
    expect(summary(decision)).toBe("DHCPOFFER 10.69.0.10");
  });

  test("a client without a hardware address is known by its identifier", () => {
    const asks = from("", "DHCPDISCOVER", { clientIdentifier: hex("ff 0001") });
    expect(converse(new LeaseTable(), [asks]).store?.client).toBe("id/ff0001");
  });

  test("whatever arrives, the table stays within pool and reservations", () => {
    const leases = new LeaseTable();
    for (const bytes of mutants(
      [ipxeRomDiscover, edk2PxeDiscover, edk2HttpDiscover, udhcpcDiscover],
      10_000,
      { mostlyFrom: 240 },
    )) {
      try {
        const decision = converse(leases, [decodeMessage(bytes)]);
        if ("reply" in decision)
          expect(encodeMessage(decision.reply.message).length).toBeLessThanOrEqual(1472);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    }
    expect(leases.size).toBeGreaterThan(1);
    expect(leases.size).toBeLessThanOrEqual(5);
  });
});
