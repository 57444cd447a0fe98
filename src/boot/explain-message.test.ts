import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { mutants } from "../core/mutants.fixture.ts";
import { edk2PxeDiscover, hex, ipxeRomDiscover, udhcpcDiscover } from "../dhcp/captured-messages.ts";
import { showMessage } from "./explain-message.ts";

const says = (bytes: Uint8Array, name: string) =>
  showMessage(bytes).options.find((option) => option.name === name)?.value;

describe("a message for people", () => {
  test("keeps the order of the packet, and names options and RFCs", () => {
    const { options, header, messageType } = showMessage(edk2PxeDiscover);
    expect(messageType).toBe("DHCPDISCOVER");
    expect(header).toEqual({
      op: "BOOTREQUEST",
      xid: "0x25335511",
      flags: "0x8000 (broadcast)",
      chaddr: "52:54:00:69:00:0a",
    });
    expect(options.map(({ code }) => code)).toEqual([53, 57, 55, 97, 94, 93, 60]);
    expect(options[5]).toEqual({
      code: 93,
      name: "clientSystemArch",
      rfc: "4578 §2.1",
      value: "7 (x64 UEFI)",
      hex: "0007",
    });
  });

  test("says what is inside options that are bytes to a codec", () => {
    expect(says(edk2PxeDiscover, "clientMachineIdentifier")).toBe("33221100-5544-7766-8899-aabbccddeeff");
    expect(says(udhcpcDiscover, "clientIdentifier")).toBe("52:54:00:69:00:0a");
    expect(says(ipxeRomDiscover, "ipxe")).toMatch(
      /^version 1\.0\.0; features 23 dns, 34 elf, 19 http, .*24 bzimage/,
    );
  });

  const withOptions = (text: string) => Uint8Array.of(...udhcpcDiscover.subarray(0, 240), ...hex(text));

  test("shows what it does not know and what it cannot read, and goes on", () => {
    const { options, issues } = showMessage(withOptions("35 01 01 e0 02 abcd 36 03 0a0000 0c 01 1b ff"));
    expect(options.map(({ code, name, value }) => [code, name, value])).toEqual([
      [53, "messageType", "DHCPDISCOVER"],
      [224, "unknown", "2 bytes"],
      [54, "serverIdentifier", "malformed"],
      [12, "hostName", "malformed"],
    ]);
    expect(issues).toHaveLength(2);
  });

  // RFC 2131 §4.1
  test("reads options that spilled over into `file`", () => {
    const bytes = withOptions("35 01 01 34 01 01 ff");
    bytes.set(hex("0c 02 6869 ff"), 108);
    expect(says(bytes, "hostName")).toBe("hi");
  });

  test("holds nothing that a terminal would obey, whatever is in the packet", () => {
    for (const bytes of mutants([edk2PxeDiscover, ipxeRomDiscover, udhcpcDiscover], 3000, {
      mostlyFrom: 240,
    })) {
      try {
        expect(JSON.stringify(showMessage(bytes))).not.toMatch(/\p{Cc}|\\u00[01]/u);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    }
  });
});
