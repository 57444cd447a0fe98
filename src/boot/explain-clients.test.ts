import { describe, expect, test } from "vitest";
import {
  edk2HttpDiscover,
  edk2PxeDiscover,
  hex,
  ipxeRomDiscover,
  udhcpcDiscover,
} from "../dhcp/captured-messages.ts";
import { clientOf } from "../dhcp/client.ts";
import { decodeMessage, encodeMessage } from "../dhcp/message.ts";
import type { ClientName } from "./explain-clients.ts";
import { clientNames, clientPresets, discoverOf, requestAfter } from "./explain-clients.ts";

const mac = "52:54:00:69:00:0a";
const uuid = "33221100-5544-7766-8899-aabbccddeeff";

/** snponly.efi 1.0.0 of Debian 12, loaded by OVMF under QEMU 7.2. */
const ipxeEfiDiscover =
  hex(`01 01 06 00 d45b9c7d 0000 0000 ${"00".repeat(16)} 52540069000a ${"00".repeat(10 + 192)}
  63825363 350101 390205c0 5d020007 5e0301030a
  3c20 505845436c69656e743a417263683a30303030373a554e44493a303033303130 4d0469505845
  3717 010306070c0f111a2b3c4243778081828384858687afcb
  af24 b105011af41000 eb03010000 170101 240101 130101 110101 270101 290101 150101 120101
  3d070152540069000a 6111 00 00112233445566778899aabbccddeeff ff`);

describe("a preset", () => {
  test.each<[ClientName, Uint8Array]>([
    ["ipxe-bios", ipxeRomDiscover],
    ["ipxe-efi", ipxeEfiDiscover],
    ["ovmf-pxe", edk2PxeDiscover],
    ["ovmf-http", edk2HttpDiscover],
    ["linux", udhcpcDiscover],
  ])("asks as %s was captured asking", (name, captured) => {
    const told = decodeMessage(captured);
    const preset = clientPresets[name];
    const machine = told.options.clientMachineIdentifier === undefined ? {} : { uuid };
    const asks = decodeMessage(encodeMessage(discoverOf({ preset, mac, ...machine })));
    expect(clientOf(asks)).toEqual(clientOf(told));
    const { ipxe: _, ...options } = told.options; // its inside is in the client: order and bus numbers aside
    expect(asks.options).toMatchObject(options);
    expect(asks.flags).toBe(told.flags);
  });

  test.each(clientNames)("%s says where its options are from", (name) => {
    expect(clientPresets[name].basis).toMatch(/captured/);
  });
});

describe("what is known better", () => {
  test("takes the place of what the preset says, also in the vendor class", () => {
    const client = {
      preset: clientPresets["ovmf-pxe"],
      mac,
      architectures: [11, 7],
      userClasses: ["a", "b"],
    };
    const { options } = decodeMessage(encodeMessage(discoverOf(client)));
    expect(options).toMatchObject({
      clientSystemArch: [11, 7],
      vendorClassIdentifier: "PXEClient:Arch:00011:UNDI:003000",
      userClass: ["a", "b"],
    });
    const odd = discoverOf({ ...client, vendorClass: "HW-Client" });
    expect(odd.options.vendorClassIdentifier).toBe("HW-Client");
  });

  test("makes an iPXE of anybody by its features", () => {
    const client = { preset: clientPresets["bios-pxe"], mac, ipxeFeatures: [19, 39] };
    expect(clientOf(discoverOf(client)).ipxe).toEqual({ version: "1.0.0", features: new Set([19, 39]) });
  });
});

// RFC 2131 §4.3.2: server identifier and requested address, and ciaddr zero
test("the request after an offer names the server and the address, and the client as before", () => {
  const discover = discoverOf({ preset: clientPresets["ovmf-pxe"], mac });
  const offer = { ...discover, yiaddr: "10.69.0.10", options: { serverIdentifier: "10.69.0.1" } };
  expect(requestAfter(discover, offer)).toEqual({
    ...discover,
    options: {
      ...discover.options,
      messageType: "DHCPREQUEST",
      requestedIpAddress: "10.69.0.10",
      serverIdentifier: "10.69.0.1",
    },
  });
});
