import { describe, expect, test } from "vitest";
import {
  edk2HttpDiscover,
  edk2PxeDiscover,
  hex,
  ipxeRomDiscover,
  udhcpcDiscover,
} from "./captured-messages.ts";
import { bootProtocolOf, clientOf, uuidOf } from "./client.ts";
import { decodeMessage } from "./message.ts";
import type { DhcpOptions } from "./options.ts";

const udhcpc = decodeMessage(udhcpcDiscover);
const asking = (options: DhcpOptions) => clientOf({ ...udhcpc, options });

describe("who is asking", () => {
  test("an iPXE ROM says what it can do", () => {
    const client = clientOf(decodeMessage(ipxeRomDiscover));
    expect(client).toMatchObject({
      mac: "52:54:00:69:00:0a",
      uuid: "33221100-5544-7766-8899-aabbccddeeff",
      architectures: [0],
      userClasses: ["iPXE"],
      ipxe: { version: "1.0.0", features: new Set([23, 34, 19, 17, 39, 25, 41, 16, 33, 21, 24, 18]) },
    });
    expect(bootProtocolOf(client)).toBe("pxe");
  });

  test.each([
    ["OVMF's PXE client", edk2PxeDiscover, "pxe", [7]],
    ["OVMF's HTTP client", edk2HttpDiscover, "http", [16]],
    ["an operating system", udhcpcDiscover, undefined, []],
  ] as const)("%s wants %s", (_, bytes, protocol, architectures) => {
    const client = clientOf(decodeMessage(bytes));
    expect(bootProtocolOf(client)).toBe(protocol);
    expect(client.architectures).toEqual(architectures);
    expect(client.ipxe).toBeUndefined();
  });

  test("a list of architectures stays a list", () =>
    expect(asking({ clientSystemArch: [9, 7, 0] }).architectures).toEqual([9, 7, 0]));

  test("the vendor class stands in for a missing option 93", () => {
    expect(asking({ vendorClassIdentifier: "PXEClient:Arch:00011:UNDI:003000" }).architectures).toEqual([11]);
  });

  test("an iPXE that trims option 175 is known by its user class, and one that renames itself by option 175", () => {
    expect(asking({ userClass: ["iPXE"] }).ipxe).toEqual({ features: new Set() });
    expect(asking({ userClass: ["dryboot"], ipxe: hex("13 01 01") }).ipxe?.features).toEqual(new Set([19]));
  });

  test("hardware addresses need not have six bytes", () => {
    expect(clientOf({ ...udhcpc, chaddr: new Uint8Array(16) }).mac).toBe(Array(16).fill("00").join(":"));
    expect(clientOf({ ...udhcpc, chaddr: new Uint8Array() }).mac).toBe("");
  });

  test.each([
    ["another type", "01 00112233445566778899aabbccddeeff"],
    ["another length", "00 0011"],
    ["zeros, QEMU's default", `00 ${"00".repeat(16)}`],
    ["ones", `00 ${"ff".repeat(16)}`],
    ["nothing", ""],
  ])("%s is no UUID", (_, bytes) => expect(uuidOf(hex(bytes))).toBeUndefined());
});
