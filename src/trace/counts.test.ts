import { describe, expect, test } from "vitest";
import { address, ipxeClient, pxeClient, roleOf, Story, shoe, uefiPxe } from "./boots.fixture.ts";
import { countsOf } from "./counts.ts";

const none = { packets: 0, bytes: 0, requests: 0, retries: 0, silences: 0, failures: 0 };

describe("the events of a boot", () => {
  test("are counted phase by phase", () => {
    const counts = countsOf(uefiPxe().facts(), shoe, roleOf);
    expect(counts.get("dhcp")).toEqual({ ...none, packets: 4, requests: 2 });
    // 146,800 bytes fill a hundred blocks of 1468: the empty last one, two sent again, a probe and a request.
    expect(counts.get("loader")).toEqual({ ...none, packets: 105, bytes: 146_800, requests: 2, retries: 2 });
    expect(counts.get("kernel-fetch")).toEqual({ ...none, bytes: 8_000_000, requests: 1 });
    expect(counts.get("network")).toEqual({ ...none, packets: 4, requests: 2 });
    expect(counts.has("kernel")).toBe(false);
  });

  test("tell a client that asks again from one that asks for something else", () => {
    const story = new Story()
      .asks(1000, "DHCPDISCOVER", pxeClient, "1")
      .at(1001, "dhcp.silent", { mac: shoe.mac, reason: "no free address" })
      .asks(5000, "DHCPDISCOVER", pxeClient, "1")
      .leases(9000, 9100, pxeClient, "2");
    expect(countsOf(story.facts(), shoe, roleOf).get("dhcp")).toEqual({
      ...none,
      packets: 6,
      requests: 4,
      retries: 1,
      silences: 1,
    });
  });

  test("beside another DHCP server are known by the address that one lends", () => {
    const lent = { messageType: "DHCPACK", yiaddr: address, server: "10.69.0.254" } as const;
    const fetches = (mac: string) =>
      new Story()
        .asks(1000, "DHCPDISCOVER", pxeClient)
        .asks(2000, "DHCPREQUEST", pxeClient)
        .at(2001, "foreign-dhcp.sent", { ...lent, mac })
        .downloads(3000, 3010, "snponly.efi", 9000);
    const counts = countsOf(fetches(shoe.mac).facts(), shoe, roleOf);
    expect(counts.get("loader")).toEqual({ ...none, bytes: 9000, requests: 1 });
    expect(countsOf(fetches("52:54:00:69:00:ff").facts(), shoe, roleOf).has("loader")).toBe(false);
  });

  test("count what failed, and the second try", () => {
    const story = new Story()
      .leases(1000, 2000, ipxeClient, "1")
      .downloads(2100, 2105, "/x/vmlinuz", 120, 404)
      .downloads(5100, 5105, "/x/vmlinuz", 9000);
    expect(countsOf(story.facts(), shoe, roleOf).get("kernel-fetch")).toEqual({
      ...none,
      bytes: 9000,
      requests: 2,
      retries: 1,
      failures: 1,
    });
  });

  test("of parts of a file are no retries", () => {
    const story = new Story().leases(1000, 2000, ipxeClient, "1");
    for (const [id, range] of [
      [71, "bytes=0-99"],
      [72, "bytes=100-199"],
    ] as const) {
      story
        .at(2100, "http.requested", { id, from: address, method: "GET", path: "/x/vmlinuz", range })
        .at(2101, "http.sent", {
          ...{ id, from: address, method: "GET", path: "/x/vmlinuz" },
          ...{ status: 206, sizeBytes: 100, durationMs: 1 },
        });
    }
    expect(countsOf(story.facts(), shoe, roleOf).get("kernel-fetch")).toEqual({
      ...none,
      bytes: 200,
      requests: 2,
    });
  });
});
