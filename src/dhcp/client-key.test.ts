import { describe, expect, test } from "vitest";
import { edk2PxeDiscover, hex, ipxeRomDiscover } from "./captured-messages.ts";
import { clientOf } from "./client.ts";
import { clientKeyOf } from "./client-key.ts";
import { converse, policy, summary } from "./conversation.ts";
import { LeaseTable } from "./leases.ts";
import type { DhcpMessage } from "./message.ts";
import { decodeMessage } from "./message.ts";

const guid = hex("00112233445566778899aabbccddeeff");
const uuid = "33221100-5544-7766-8899-aabbccddeeff";
const ovmf = decodeMessage(edk2PxeDiscover);
const keyOf = (message: DhcpMessage) => clientKeyOf(message, clientOf(message));
const without = ({ options, ...message }: DhcpMessage): DhcpMessage => {
  const { clientMachineIdentifier: _, clientIdentifier: __, ...rest } = options;
  return { ...message, options: rest };
};

describe("what tells clients apart", () => {
  test("is the hardware address, whatever option 61 says: firmware, iPXE and kernel are one machine", () => {
    expect(keyOf(ovmf)).toBe("1/52:54:00:69:00:0a");
    expect(keyOf(decodeMessage(ipxeRomDiscover))).toBe(keyOf(ovmf));
  });

  test("is 16 bytes where firmware sends its GUID in place of its MAC", () => {
    expect(keyOf({ ...ovmf, chaddr: guid })).toBe("1/00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff");
  });

  test("is not the sixteen times ff of firmware that has no GUID to send", () => {
    const nameless = { ...ovmf, chaddr: new Uint8Array(16).fill(0xff) };
    expect(keyOf(nameless)).toBe(`uuid/${uuid}`);
    const clientIdentifier = hex("ff 0001");
    expect(keyOf({ ...nameless, options: { ...nameless.options, clientIdentifier } })).toBe("id/ff0001");
    expect(keyOf(without(nameless))).toBeUndefined();
  });
});

describe("firmware that names itself by its GUID", () => {
  test("is known by its UUID also without option 97", () => {
    expect(clientOf(without({ ...ovmf, chaddr: guid })).uuid).toBe(uuid);
    expect(clientOf(without({ ...ovmf, chaddr: new Uint8Array(16).fill(0xff) })).uuid).toBeUndefined();
    expect(clientOf(without(ovmf)).uuid).toBeUndefined();
  });

  test("gets the address and the name reserved for its machine", () => {
    const reservations = [{ mac: "52:54:00:69:00:0c", address: "10.69.0.12", hostName: "node3", uuid }];
    const decision = converse(new LeaseTable(), [{ ...ovmf, chaddr: guid }], 0, { ...policy, reservations });
    expect(summary(decision)).toBe("DHCPOFFER 10.69.0.12");
    expect(decision).toHaveProperty("reply.message.options.hostName", "node3");
    expect(decision).toHaveProperty("reply.message.chaddr", guid);
  });
});
