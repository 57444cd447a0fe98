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
import { from, os, policy, replied, reserved, server, stranger, summary } from "./conversation.ts";
import { decide } from "./decide.ts";
import type { Dialect } from "./dialect.ts";
import { LeaseTable } from "./leases.ts";
import type { DhcpMessage } from "./message.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import type { DhcpOptions } from "./options.ts";
import type { DhcpPolicy } from "./policy.ts";
import { ProxyMemory } from "./proxy-memory.ts";

const proxy: DhcpPolicy = { ...policy, mode: "proxy" };
const rom = decodeMessage(ipxeRomDiscover);
const ovmf = decodeMessage(edk2PxeDiscover);
const http = decodeMessage(edk2HttpDiscover);

/** Decides as the server would, remembering in between. */
function answer(message: DhcpMessage, under = proxy, memory = new ProxyMemory(), now = 0) {
  const decision = decide(message, under, new LeaseTable(), now, memory);
  if (decision.observed) memory.note(decision.observed);
  return decision;
}
const offer = (message: DhcpMessage, under = proxy) => replied(answer(message, under)).reply.message;
/** A BIOS ROM that is no iPXE. */
const { ipxe: _, userClass: __, ...plainOptions } = rom.options;
const biosRom: DhcpMessage = { ...rom, options: plainOptions };

describe("a proxy's offer", () => {
  test.each<[string, DhcpMessage]>([
    ["a BIOS ROM", biosRom],
    ["OVMF", ovmf],
    ["OVMF's HTTP client", { ...http, options: { ...http.options, vendorClassIdentifier: "PXEClient" } }],
    ["an iPXE", rom],
  ])("to %s lends no address, and says who makes it, for whom and to which request", (_name, discover) => {
    const message = offer(discover);
    expect(message).toMatchObject({ yiaddr: "0.0.0.0", ciaddr: "0.0.0.0", xid: discover.xid });
    expect(message.options).toMatchObject({
      messageType: "DHCPOFFER",
      serverIdentifier: server, // without it EDK2 drops the offer
      vendorClassIdentifier: "PXEClient", // exactly, or iPXE looks no further
      clientMachineIdentifier: hex("00 00112233445566778899aabbccddeeff"), // PXE 2.1 wants it back as it came
    });
    for (const lent of ["ipAddressLeaseTime", "subnetMask", "router", "domainNameServer"] as const) {
      expect(message.options[lent]).toBeUndefined();
    }
  });

  test("is broadcast whatever the flag says: ROMs without an address do not hear anything else", () => {
    for (const flags of [0, 0x8000]) {
      const { reply } = replied(answer({ ...biosRom, flags }));
      expect([reply.to.address, reply.message.flags]).toEqual(["255.255.255.255", flags]);
    }
  });

  test("goes back through the relay it came by, with option 82", () => {
    const relayAgentInformation = hex("01 04 65746830");
    const relayed = { ...ovmf, giaddr: "10.69.0.253", options: { ...ovmf.options, relayAgentInformation } };
    const { reply } = replied(answer(relayed));
    expect(reply.to).toEqual({ address: "10.69.0.253", port: "relay" });
    const bytes = Buffer.from(encodeMessage(reply.message));
    expect(bytes.includes(Buffer.from(hex("52 06 01 04 65746830 ff")))).toBe(true);
  });

  test("in the direct dialect holds the file in every place, and the order to just boot it", () => {
    const message = offer(biosRom);
    expect(message).toMatchObject({ siaddr: server, sname: server, file: "loader.efi" });
    expect(message.options).toMatchObject({
      tftpServerName: server,
      bootfileName: "loader.efi",
      vendorSpecificInformation: hex("06 01 08 ff"),
    });
  });

  test("in the redirecting dialect holds nothing that would keep firmware from port 4011", () => {
    const message = offer(ovmf);
    expect(message).toMatchObject({ siaddr: server, sname: "", file: "" });
    expect(message.options.vendorSpecificInformation).toBeUndefined();
    expect(message.options.bootfileName).toBeUndefined();
  });

  test("to an iPXE is direct, and tells it not to wait", () => {
    expect(offer(rom)).toMatchObject({ file: "loader.efi", siaddr: server });
    expect(offer(rom).options.ipxe).toEqual(hex("b00101"));
  });

  test("to Huawei's firmware speaks of the class it knows itself by", () => {
    const huawei = from(stranger, "DHCPDISCOVER", {
      vendorClassIdentifier: "HW-Client:Arch:00011",
      clientSystemArch: [11],
    });
    expect(offer(huawei).options.vendorClassIdentifier).toBe("HW-Client");
  });

  test("to firmware named by its GUID in 16 bytes of chaddr keeps all of them", () => {
    const chaddr = hex("00112233445566778899aabbccddeeff");
    expect(offer({ ...ovmf, chaddr }).chaddr).toEqual(chaddr);
  });

  test("is in the dialect the site gives the machine, an iPXE included", () => {
    const told = (dialect: Dialect) => ({ ...proxy, dialect: () => dialect });
    const decision = replied(answer(rom, told("redirect")));
    expect(decision.reply.message.file).toBe("");
    expect(decision.reason).toBe("it may ask port 4011 for its boot file; redirect, as the site says");
    expect(decision.observed).toBeUndefined();
    expect(offer(ovmf, told("direct")).file).toBe("loader.efi");
  });
});

describe("a proxy and UEFI HTTP boot", () => {
  const under = (file: string): DhcpPolicy => ({ ...proxy, boot: () => ({ file, nextServer: server }) });

  test("the URI is in the offer itself, under the client's own class; 43 and 4011 are no part of it", () => {
    const decision = replied(answer(http, under("http://10.69.0.1/snponly.efi")));
    const { message } = decision.reply;
    expect(message).toMatchObject({ yiaddr: "0.0.0.0", file: "http://10.69.0.1/snponly.efi" });
    expect(message.options).toMatchObject({
      vendorClassIdentifier: "HTTPClient",
      bootfileName: "http://10.69.0.1/snponly.efi",
    });
    expect(message.options.vendorSpecificInformation).toBeUndefined();
    expect(decision.reason).toBe("boots http://10.69.0.1/snponly.efi, beside the other DHCP server");
    expect(decision.observed).toBeUndefined(); // there is nothing to learn
  });

  test("a URI with a name in it is sent with a warning: names need a server of the other DHCP's", () => {
    expect(replied(answer(http, under("http://boot.lab/x.efi"))).reason).toMatch(
      /; to find boot\.lab, it needs a DNS server from that other one$/,
    );
  });

  test("a TFTP file is not offered at all: EDK2 would only drop it", () => {
    expect(summary(answer(http))).toBe("no boot file: loader.efi is no URI, and it boots over HTTP");
  });
});

describe("a proxy learns", () => {
  const later = (message: DhcpMessage, xid: number): DhcpMessage => ({ ...message, xid });

  test("firmware that got nowhere with one dialect is spoken to in the other, for a stated reason", () => {
    const memory = new ProxyMemory();
    expect(replied(answer(ovmf, proxy, memory, 0)).reason).toMatch(/redirect, as usual$/);
    const second = replied(answer(later(ovmf, 7), proxy, memory, 14_000));
    expect(second.reply.message.file).toBe("loader.efi");
    expect(second.reason).toBe(
      "boots loader.efi; direct, for after a redirect offer it fetched nothing and began anew",
    );
    expect(second.learned).toMatchObject({ dialect: "direct", insteadOf: "redirect" });
    expect(replied(answer(later(ovmf, 7), proxy, memory, 18_000)).reason).toMatch(
      /direct, as learned before$/,
    );
  });

  test("a fetch from the address it took from the other server is progress", () => {
    const memory = new ProxyMemory();
    answer(biosRom, proxy, memory, 0);
    const taken: DhcpOptions = { serverIdentifier: "10.69.0.2", requestedIpAddress: "10.69.0.150" };
    const chosen = answer(from(reserved, "DHCPREQUEST", taken), proxy, memory, 4000);
    expect(summary(chosen)).toBe("its address is the business of the server 10.69.0.2: this one is a proxy");
    expect(memory.macAt("10.69.0.150")).toBe(reserved);
    memory.fetchedFrom("10.69.0.150");
    expect(answer(later(biosRom, 7), proxy, memory, 60_000).learned).toBeUndefined();
  });

  test("the kernel that asks later with the same MAC is no failure of the firmware's", () => {
    const memory = new ProxyMemory();
    answer(ovmf, proxy, memory, 0);
    expect(summary(answer({ ...os, xid: 9 }, proxy, memory, 20_000))).toMatch(/does not ask to be booted/);
    expect(memory.attempt(`1/${reserved}`)?.failures).toBe(0);
  });
});

describe("a proxy stays silent, and says why", () => {
  test.each<[string, DhcpMessage, Partial<DhcpPolicy>]>([
    ["it does not ask to be booted, and a proxy has nothing else", os, {}],
    ["no boot file: nobody knows it", ovmf, { boot: () => ({ none: "nobody knows it" }) }],
    [
      "its address is the business of the other DHCP server: this one is a proxy",
      from(stranger, "DHCPREQUEST", { requestedIpAddress: "10.69.0.7" }),
      {},
    ],
    [
      "its settings come from the other DHCP server: this one is a proxy",
      from(stranger, "DHCPINFORM", {}, { ciaddr: "10.69.0.7" }),
      {},
    ],
    ["its address came from the other DHCP server", from(stranger, "DHCPRELEASE"), {}],
    ["its address came from the other DHCP server", from(stranger, "DHCPDECLINE"), {}],
    ["DHCPOFFER is not for a DHCP server", from(stranger, "DHCPOFFER"), {}],
  ])("%s", (reason, message, under) => expect(summary(answer(message, { ...proxy, ...under }))).toBe(reason));

  test("and whether anybody waits for its answer", () => {
    expect(answer(os)).toHaveProperty("notOurs", true);
    expect(answer(from(stranger, "DHCPREQUEST"))).toHaveProperty("notOurs", true);
    expect(answer(ovmf, { ...proxy, boot: () => ({ none: "x" }) })).not.toHaveProperty("notOurs");
  });

  test("not to the REQUEST that goes with the other's address, nor even with ours in it", () => {
    for (const serverIdentifier of ["10.69.0.2", server]) {
      const request = { ...ovmf.options, messageType: "DHCPREQUEST" as const, serverIdentifier };
      expect(answer({ ...ovmf, options: request })).toHaveProperty("silent");
    }
  });

  test("but it answers who looks for a boot server by broadcast, which only a boot item tells apart", () => {
    const options: DhcpOptions = {
      ...ovmf.options,
      messageType: "DHCPREQUEST",
      vendorSpecificInformation: hex("47 04 0001 0000 ff"),
    };
    const { reply } = replied(answer({ ...ovmf, ciaddr: "10.69.0.150", options }));
    expect(reply.to).toEqual({ address: "255.255.255.255", port: "client" });
    expect(reply.message).toMatchObject({ file: "loader.efi", options: { messageType: "DHCPACK" } });
    expect(reply.message.options.vendorSpecificInformation).toEqual(hex("47 04 0001 0000 ff"));
  });

  test("whatever arrives, nothing is lent, and no answer is longer than a frame", () => {
    const memory = new ProxyMemory({ capacity: 50 });
    let replies = 0;
    for (const bytes of mutants(
      [ipxeRomDiscover, edk2PxeDiscover, edk2HttpDiscover, udhcpcDiscover],
      10_000,
      { mostlyFrom: 240 },
    )) {
      try {
        const decision = answer(decodeMessage(bytes), proxy, memory);
        expect(decision.store).toBeUndefined();
        if (!("reply" in decision)) continue;
        replies += 1;
        expect(decision.reply.message.yiaddr).toBe("0.0.0.0");
        expect(encodeMessage(decision.reply.message).length).toBeLessThanOrEqual(1472);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    }
    expect(replies).toBeGreaterThan(1000);
  });
});
