import * as fc from "fast-check";
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
import type { DhcpMessage } from "./message.ts";
import { decodeMessage, encodeMessage } from "./message.ts";

const captured = [ipxeRomDiscover, edk2PxeDiscover, edk2HttpDiscover, udhcpcDiscover];
const changed = (at: number, value: number) => ipxeRomDiscover.with(at, value);

describe("DHCP messages", () => {
  test("an iPXE ROM's DISCOVER is read to the last option", () => {
    const message = decodeMessage(ipxeRomDiscover);
    expect(message).toMatchObject({
      op: "BOOTREQUEST",
      htype: 1,
      xid: 0xd2cfcb7f,
      flags: 0,
      ciaddr: "0.0.0.0",
    });
    expect(message.chaddr).toEqual(hex("52 54 00 69 00 0a"));
    expect(message.options).toMatchObject({
      messageType: "DHCPDISCOVER",
      maximumDhcpMessageSize: 1472,
      clientSystemArch: [0],
      userClass: ["iPXE"],
      vendorClassIdentifier: "PXEClient:Arch:00000:UNDI:002001",
    });
    expect([...message.unknown.keys()]).toEqual([]);
    expect(message.issues).toEqual([]);
  });

  test.each([
    ["an empty packet", new Uint8Array(), /^op: needs 1 byte, 0 left/],
    ["a packet that ends within its header", ipxeRomDiscover.subarray(0, 200), /^file: needs 128 bytes/],
    ["another op", changed(0, 3), /^op: is neither request nor reply but 3 \(at byte 0\)/],
    ["a hardware address that is too long", changed(2, 17), /^hlen: is 17.*\(at byte 2\)/],
    ["another cookie", changed(236, 0), /^magic cookie: .*\(at byte 236\)/],
    ["an option past the end", ipxeRomDiscover.subarray(0, 250), /^option 93: needs 2 bytes/],
  ])("%s is a DecodeError", (_, bytes, problem) => {
    expect(() => decodeMessage(bytes)).toThrow(DecodeError);
    expect(() => decodeMessage(bytes)).toThrow(problem);
  });

  test("garbage in sname is an issue, not the end", () => {
    const message = decodeMessage(changed(44, 0x1b));
    expect(message.sname).toBe("");
    expect(message.issues.map(({ field }) => field)).toEqual(["sname"]);
  });

  test("a short message is padded to 300 bytes, for old ROMs", () => {
    expect(encodeMessage({ ...decodeMessage(udhcpcDiscover), options: {} })).toHaveLength(300);
  });

  test("a file name that does not fit with its NUL is left out whole", () => {
    const base = decodeMessage(udhcpcDiscover);
    const sent = (length: number) => decodeMessage(encodeMessage({ ...base, file: "f".repeat(length) })).file;
    expect(sent(127)).toHaveLength(127);
    expect(sent(128)).toBe("");
  });

  test.each(captured.entries().toArray())(
    "captured message %i survives decoding and encoding",
    (_, bytes) => {
      const message = decodeMessage(bytes);
      expect(decodeMessage(encodeMessage(message))).toEqual(message);
    },
  );

  test("any message survives encoding and decoding", () => {
    const address = fc.ipV4();
    const word = fc.stringMatching(/^[!-~]{1,40}$/);
    const arbitrary: fc.Arbitrary<DhcpMessage> = fc.record({
      op: fc.constantFrom("BOOTREQUEST" as const, "BOOTREPLY" as const),
      htype: fc.nat(255),
      hops: fc.nat(255),
      xid: fc.nat(0xffff_ffff),
      secs: fc.nat(0xffff),
      flags: fc.nat(0xffff),
      ciaddr: address,
      yiaddr: address,
      siaddr: address,
      giaddr: address,
      chaddr: fc.uint8Array({ maxLength: 16 }),
      sname: word,
      file: word,
      options: fc.record(
        {
          messageType: fc.constantFrom("DHCPDISCOVER" as const, "DHCPACK" as const, "DHCPTLS" as const),
          router: fc.array(address, { minLength: 1, maxLength: 80 }), // longer than one option
          userClass: fc.array(word, { minLength: 1 }),
          timeOffset: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
          clientSystemArch: fc.array(fc.nat(0xffff), { minLength: 1 }),
          clientMachineIdentifier: fc.uint8Array(),
          bootfileName: word,
          rapidCommit: fc.constant(true as const),
        },
        { requiredKeys: [] },
      ),
    });
    fc.assert(
      fc.property(arbitrary, (message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual({ ...message, unknown: new Map(), issues: [] });
      }),
      { numRuns: 300 },
    );
  });

  test("of 100,000 mutated packets none does worse than a DecodeError", () => {
    for (const bytes of mutants(captured, 100_000, { mostlyFrom: 240 })) {
      try {
        decodeMessage(bytes);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    }
  }, 30_000); // 2 s on an idle machine
});
