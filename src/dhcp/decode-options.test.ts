import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { hex } from "./captured-messages.ts";
import { decodeOptions } from "./decode-options.ts";
import { encodeOptions } from "./encode-options.ts";
import { options } from "./options.ts";

describe("DHCP options", () => {
  test("a UEFI client names its architecture and its vendor class", () => {
    const { known, issues } = decodeOptions(hex("35 01 01  5d 02 0007  3c 09 505845436c69656e74  ff"));
    expect(issues).toEqual([]);
    expect(known).toEqual({
      messageType: "DHCPDISCOVER",
      clientSystemArch: [7], // x64 UEFI: RFC 4578 §2.1 swaps 7 and 9, erratum 4624 and IANA put it right
      vendorClassIdentifier: "PXEClient",
    });
  });

  test("one malformed option is reported, kept, and the others survive", () => {
    const { known, unknown, issues } = decodeOptions(hex("36 03 0a0000  35 01 02  ff"));
    expect(known).toEqual({ messageType: "DHCPOFFER" });
    expect(issues[0]?.message).toMatch(/option 54 \(serverIdentifier\).* 4 bytes, not 3/);
    expect(unknown.get(54)).toEqual(hex("0a0000"));
  });

  test("an option without a row keeps its bytes", () => {
    const { known, unknown } = decodeOptions(hex("e6 02 beef 35 01 01 ff"));
    expect(known).toEqual({ messageType: "DHCPDISCOVER" });
    expect(unknown).toEqual(new Map([[230, hex("beef")]]));
  });

  test("pads may stand anywhere, and nothing counts behind the end", () => {
    const { known } = decodeOptions(hex("00 00 35 01 01 00 0c 01 61 ff 0c 01 62"));
    expect(known).toEqual({ messageType: "DHCPDISCOVER", hostName: "a" });
  });

  test("an option in several parts is one (RFC 3396)", () => {
    expect(decodeOptions(hex("0c 02 6162 35 01 01 0c 02 6364 ff")).known.hostName).toBe("abcd");
  });

  test.each([
    ["no length byte", "35"],
    ["a length past the end", "35 04 01"],
  ])("%s is a DecodeError", (_, packet) => {
    expect(() => decodeOptions(hex(packet))).toThrow(DecodeError);
  });

  test("options overflow into file and then sname where option 52 says so", () => {
    const areas = [hex("0c 01 61 ff"), hex("0c 01 62 0f 01 63 ff")] as const;
    expect(decodeOptions(hex("34 01 03 ff"), ...areas).known).toMatchObject({
      hostName: "ab",
      domainName: "c",
    });
    expect(decodeOptions(hex("34 01 01 ff"), ...areas).known.hostName).toBe("a");
    expect(decodeOptions(hex("34 01 02 ff"), ...areas).known.hostName).toBe("b");
    expect(decodeOptions(hex("ff"), ...areas).known).toEqual({});
  });

  test("a broken overflow costs the overflow, not the message", () => {
    const { known, issues } = decodeOptions(hex("34 01 01 35 01 01 ff"), hex("0c 63 61"));
    expect(known.messageType).toBe("DHCPDISCOVER");
    expect(issues.map((issue) => issue.field)).toEqual(["options in file"]);
  });

  test("no code and no name stands twice in the table", () => {
    const codes = Object.values(options).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes).toEqual(codes.toSorted((a, b) => a - b));
  });
});

describe("writing options", () => {
  test("the message type is first, the relay's option last, option 52 nowhere", () => {
    const encoded = encodeOptions({
      relayAgentInformation: hex("01 02 0001"),
      hostName: "n",
      optionOverload: 3,
      serverIdentifier: "10.69.0.1",
      messageType: "DHCPACK",
      ipxe: hex("b0 01 01"),
    });
    expect(encoded).toEqual(hex("35 01 05  36 04 0a450001  0c 01 6e  af 03 b00101  52 04 01020001  ff"));
  });

  test("boot strings end with the NUL that old ROMs read up to", () => {
    expect(encodeOptions({ bootfileName: "a.efi" })).toEqual(hex("43 06 612e65666900 ff"));
  });

  test("a value longer than 255 bytes is split, and read as one", () => {
    const hostName = "x".repeat(300);
    const encoded = encodeOptions({ hostName });
    expect([encoded[0], encoded[1], encoded[257], encoded[258]]).toEqual([12, 255, 12, 45]);
    expect(decodeOptions(encoded).known.hostName).toBe(hostName);
  });

  test("an empty value is still an option", () => {
    expect(encodeOptions({ rapidCommit: true })).toEqual(hex("50 00 ff"));
  });
});
