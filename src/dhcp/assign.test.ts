import { describe, expect, test } from "vitest";
import { parseSubnet } from "../wire/ipv4.ts";
import {
  bound,
  converse,
  from,
  policy,
  replied,
  reserved,
  stranger,
  subnet,
  summary,
} from "./conversation.ts";
import { LeaseTable } from "./leases.ts";
import type { DhcpPolicy } from "./policy.ts";

describe("which address a client gets", () => {
  const discover = from(stranger, "DHCPDISCOVER");

  test("its reservation, whatever it asks for", () => {
    const decision = converse(new LeaseTable(), [
      from(reserved, "DHCPDISCOVER", { requestedIpAddress: "10.69.0.101" }),
    ]);
    expect(summary(decision)).toBe("DHCPOFFER 10.69.0.10");
    expect(replied(decision).reason).toBe("10.69.0.10: reserved for it");
    expect(replied(decision).reply.message.options.hostName).toBe("node1");
  });

  test("the one it had, also after its lease is over", () => {
    const leases = new LeaseTable([bound("10.69.0.102", stranger, 5)]);
    for (const [at, why] of [
      [1000, "it had this address before"],
      [1001, "offered to it"],
    ] as const) {
      expect(replied(converse(leases, [discover], at)).reason).toBe(`10.69.0.102: ${why}`);
    }
    leases.store(bound("10.69.0.102", stranger));
    expect(replied(converse(leases, [discover])).reason).toBe("10.69.0.102: leased to it");
  });

  test("the free one it asks for", () => {
    const asks = from(stranger, "DHCPDISCOVER", { requestedIpAddress: "10.69.0.103" });
    expect(summary(converse(new LeaseTable(), [asks]))).toBe("DHCPOFFER 10.69.0.103");
    const taken = new LeaseTable([bound("10.69.0.103", "other")]);
    expect(summary(converse(taken, [asks]))).not.toBe("DHCPOFFER 10.69.0.103");
  });

  test.each(["10.69.0.10", "10.69.0.99", "10.69.1.100", "0.0.0.0"])(
    "never %s, asked for or not",
    (address) => {
      const decision = converse(new LeaseTable(), [
        from(stranger, "DHCPDISCOVER", { requestedIpAddress: address }),
      ]);
      expect(replied(decision).reply.message.yiaddr).toMatch(/^10\.69\.0\.10[0-3]$/);
    },
  );

  test("never the server's, the router's, a reserved one or the network's own", () => {
    const wide: DhcpPolicy = {
      ...policy,
      subnet: parseSubnet("10.69.0.8/29") ?? subnet,
      server: "10.69.0.9",
      router: "10.69.0.11",
      range: ["10.69.0.8", "10.69.0.15"],
    };
    const leases = new LeaseTable();
    for (let n = 0; n < 8; n += 1) converse(leases, [from(`52:54:00:00:00:0${n}`, "DHCPDISCOVER")], 0, wide);
    expect(Array.from(leases.all(), ({ address }) => address).toSorted()).toEqual([
      "10.69.0.12",
      "10.69.0.13",
      "10.69.0.14",
    ]);
  });

  test("the same one again after the server forgot everything", () => {
    expect(summary(converse(new LeaseTable(), [discover]))).toBe(
      summary(converse(new LeaseTable(), [discover])),
    );
  });

  test("when all were used, the one abandoned longest ago; when none is free, silence", () => {
    const full = ["100", "101", "102", "103"].map((n, i) => bound(`10.69.0.${n}`, `other${i}`, 500));
    const leases = new LeaseTable(full);
    expect(summary(converse(leases, [discover], 400))).toBe(
      "no address of 10.69.0.100 to 10.69.0.103 is free",
    );
    expect(summary(converse(leases, [discover], 500))).toBe("DHCPOFFER 10.69.0.100");
    expect([...leases.all()]).toHaveLength(4);
  });

  test("one of the pool while somebody else still holds its reservation", () => {
    const decision = converse(new LeaseTable([bound("10.69.0.10", "other")]), [
      from(reserved, "DHCPDISCOVER"),
    ]);
    expect(replied(decision).reason).toMatch(
      /nobody had it yet \(its reserved 10.69.0.10 is still leased to other\)$/,
    );
  });
});
