import { describe, expect, test } from "vitest";
import {
  edk2HttpDiscover,
  edk2PxeDiscover,
  hex,
  ipxeRomDiscover,
  udhcpcDiscover,
} from "./captured-messages.ts";
import { policy, replied, server } from "./conversation.ts";
import { decide } from "./decide.ts";
import { LeaseTable } from "./leases.ts";
import type { DhcpMessage } from "./message.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import type { DhcpOptions } from "./options.ts";
import type { DhcpPolicy } from "./policy.ts";
import { decodePxe } from "./pxe-options.ts";

const offerTo = (message: DhcpMessage, under: DhcpPolicy = policy): DhcpMessage =>
  replied(decide(message, under, new LeaseTable(), 0)).reply.message;
const edk2 = decodeMessage(edk2PxeDiscover);

describe("firmware is given its boot file though", () => {
  const without = (...names: (keyof DhcpOptions)[]) => {
    const options = { ...edk2.options };
    for (const name of names) delete options[name];
    return options;
  };
  const says = (more: DhcpOptions): DhcpOptions => ({ ...edk2.options, ...more });

  test.each<[string, DhcpOptions]>([
    [
      "it does not say how its card is driven (94, RFC 4578 §2.2)",
      without("clientNetworkInterfaceIdentifier"),
    ],
    ["it has no UUID (97, RFC 4578 §2.3)", without("clientMachineIdentifier")],
    ["its UUID is of no type that exists", says({ clientMachineIdentifier: hex("07 0011223344") })],
    ["its UUID has no byte", says({ clientMachineIdentifier: new Uint8Array() })],
    ["it leaves the choice of options to us (55)", without("parameterRequestList")],
    [
      "a byte of its request list was never set (EDK2 `HttpBootDhcp4.c`)",
      says({ parameterRequestList: [1, 3, 234, 0, 255] }),
    ],
    ["it does not say what it can hold (57)", without("maximumDhcpMessageSize")],
    ["it can hold less than BOOTP's 576 bytes (RFC 2132 §9.10)", says({ maximumDhcpMessageSize: 1 })],
    ["only its vendor class says that it boots (PXE 2.1 §2.1)", without("clientSystemArch")],
    ["only its architecture does", without("vendorClassIdentifier")],
    ["it names several architectures (RFC 4578 §2.1)", says({ clientSystemArch: [4711, 7, 0] })],
    ["it names itself by a user class in RFC 3004's form", says({ userClass: ["first", "second"] })],
    ["it asks with another vendor's option 43", says({ vendorSpecificInformation: hex("deadbeef") })],
  ])("%s", (_, options) => {
    const reply = offerTo({ ...edk2, options });
    expect(reply).toMatchObject({ siaddr: server, file: "loader.efi" });
    expect(reply.options.bootfileName).toBe("loader.efi");
    expect(reply.options.clientMachineIdentifier).toEqual(options.clientMachineIdentifier);
  });
});

/** What must be true of any reply to any firmware; each of these was some ROM's reason to go on to the next device. */
describe.each<[string, Uint8Array]>([
  ["an iPXE ROM", ipxeRomDiscover],
  ["OVMF's PXE client", edk2PxeDiscover],
  ["OVMF's HTTP client", edk2HttpDiscover],
  ["an operating system", udhcpcDiscover],
])("an offer to %s", (_, bytes) => {
  const asked = decodeMessage(bytes);
  const { vendorClassIdentifier: says = "" } = asked.options;
  const isHttp = says.startsWith("HTTPClient");
  const file = isHttp ? "http://10.69.0.1/loader.efi" : "loader.efi";
  const under = (more: Partial<DhcpPolicy>): DhcpPolicy => ({
    ...policy,
    boot: () => ({ file, nextServer: server }),
    ...more,
  });

  test.each<[string, Partial<DhcpPolicy>]>([
    ["a server", { mode: "server" }],
    ["a proxy", { mode: "proxy" }],
    ["a proxy that says it the direct way", { mode: "proxy", dialect: () => "direct" }],
    ["a proxy that redirects", { mode: "proxy", dialect: () => "redirect" }],
  ])("from %s is one that firmware can read", (_mode, more) => {
    const decision = decide(asked, under(more), new LeaseTable(), 0);
    if ("silent" in decision) {
      expect(says).toMatch(/^udhcp/); // a proxy has nothing for it
      return;
    }
    const reply = decision.reply.message;
    const wire = encodeMessage(reply);
    const { options } = decodeMessage(wire);
    // RFC 2131 §4.3.1: what the client knows its answer by, all 16 bytes of chaddr and the flags included.
    const { xid, chaddr, flags, htype } = asked;
    expect({ xid: reply.xid, chaddr: reply.chaddr, flags: reply.flags, htype: reply.htype }).toEqual({
      ...{ xid, chaddr, flags, htype },
    });
    // Without 53 EDK2 takes it for BOOTP, and ROMs look for it in front; without 54 EDK2 drops it (`PxeBcDhcp4.c`).
    expect(wire.subarray(240, 243)).toEqual(Uint8Array.of(53, 1, 2));
    expect(options.serverIdentifier).toBe(server);
    expect(options.optionOverload).toBeUndefined();
    // RFC 1542 §2.1 at least; a frame's worth at most, whatever option 57 says.
    expect(wire.length).toBeGreaterThanOrEqual(300);
    expect(wire.length).toBeLessThanOrEqual(1472);
    // PXE 2.1 §2.1.1: of the class that was asked as, to the letter; 43 means something only beside it.
    expect([undefined, isHttp ? "HTTPClient" : "PXEClient"]).toContain(options.vendorClassIdentifier);
    const { vendorSpecificInformation: vendor } = options;
    if (vendor) {
      expect(options.vendorClassIdentifier).toBe("PXEClient");
      expect(vendor.length).toBeLessThanOrEqual(255);
      expect(vendor.at(-1)).toBe(255);
      expect(decodePxe(vendor).known).toEqual({ discoveryControl: 8 });
    }
    // "PXEClient" without a file sends firmware to port 4011, which only a proxy holds (EDK2 `PxeBcDhcp4.c`).
    if (reply.file === "" && options.vendorClassIdentifier === "PXEClient") expect(more.mode).toBe("proxy");
    if (reply.file !== "")
      expect([reply.siaddr, reply.file, options.bootfileName]).toEqual([server, file, file]);
  });
});

test("EDK2's second request says that it holds 65280 bytes, and is answered in one frame all the same", () => {
  const routes: DhcpPolicy = {
    ...policy,
    dns: Array.from({ length: 400 }, (_, n) => `10.69.${n >> 8}.${n & 255}`),
  };
  const options = { ...edk2.options, maximumDhcpMessageSize: 65280 };
  const decision = replied(decide({ ...edk2, options }, routes, new LeaseTable(), 0));
  expect(encodeMessage(decision.reply.message).length).toBeLessThanOrEqual(1472);
  expect(decision.reason).toMatch(/left out for want of room: .*domainNameServer/);
});
