import { describe, expect, test } from "vitest";
import { edk2HttpDiscover, edk2PxeDiscover, hex, ipxeRomDiscover } from "./captured-messages.ts";
import { converse, from, os, policy, replied, reserved, server, stranger, summary } from "./conversation.ts";
import { LeaseTable } from "./leases.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import type { DhcpOptions } from "./options.ts";
import type { DhcpPolicy } from "./policy.ts";

describe("what firmware is told", () => {
  const offerAndAck = (discover: Uint8Array, under = policy) => {
    const message = decodeMessage(discover);
    const leases = new LeaseTable();
    const offer = replied(converse(leases, [message], 0, under)).reply.message;
    const { parameterRequestList, maximumDhcpMessageSize, ...rest } = message.options;
    const options: DhcpOptions = {
      ...rest,
      ...(parameterRequestList && { parameterRequestList }),
      ...(maximumDhcpMessageSize && { maximumDhcpMessageSize }),
      messageType: "DHCPREQUEST",
      serverIdentifier: server,
      requestedIpAddress: offer.yiaddr,
    };
    return [offer, replied(converse(leases, [{ ...message, options }], 0, under)).reply.message] as const;
  };

  test.each([
    ["an iPXE ROM", ipxeRomDiscover],
    ["OVMF's PXE client", edk2PxeDiscover],
  ])("%s finds its boot file in every place, in offer and ack alike", (_, discover) => {
    for (const message of offerAndAck(discover)) {
      expect(message).toMatchObject({ siaddr: server, sname: server, file: "loader.efi" });
      expect(message.options).toMatchObject({ tftpServerName: server, bootfileName: "loader.efi" });
      expect(message.options.clientMachineIdentifier).toEqual(hex("00 00112233445566778899aabbccddeeff"));
      // 60 without 43 sends EDK2 to port 4011, where nobody is.
      expect(message.options.vendorClassIdentifier).toBeUndefined();
      expect(message.options.vendorSpecificInformation).toBeUndefined();
    }
  });

  test("only an iPXE is told not to wait for a proxy, inside option 175", () => {
    expect(offerAndAck(ipxeRomDiscover).map(({ options }) => options.ipxe)).toEqual([
      hex("b00101"),
      hex("b00101"),
    ]);
    expect(offerAndAck(edk2PxeDiscover)[0].options.ipxe).toBeUndefined();
  });

  test("an HTTP client gets a URI and its own vendor class back", () => {
    const file = "http://10.69.0.1/snponly.efi";
    const under: DhcpPolicy = { ...policy, boot: () => ({ file, nextServer: server }) };
    for (const message of offerAndAck(edk2HttpDiscover, under)) {
      expect(message.options).toMatchObject({ vendorClassIdentifier: "HTTPClient", bootfileName: file });
    }
  });

  test("a URI that does not end in .efi, .iso or .img is sent with a warning: EDK2 may not know what it is", () => {
    const reason = (file: string) => {
      const under: DhcpPolicy = { ...policy, boot: () => ({ file, nextServer: server }) };
      return replied(converse(new LeaseTable(), [decodeMessage(edk2HttpDiscover)], 0, under)).reason;
    };
    expect(reason("http://10.69.0.1/SNPONLY.EFI")).toMatch(/boots http:\/\/10.69.0.1\/SNPONLY.EFI$/);
    expect(reason("http://10.69.0.1/x.efi?m=1")).toMatch(/, if its Content-Type says what it is/);
  });

  test("an HTTP client is not given a TFTP file, which it would only stumble over", () => {
    const decision = replied(converse(new LeaseTable(), [decodeMessage(edk2HttpDiscover)]));
    expect(decision.reason).toBe(
      "10.69.0.10: reserved for it; no boot file: loader.efi is no URI, and it boots over HTTP",
    );
    expect(decision.reply.message.options.vendorClassIdentifier).toBeUndefined();
  });

  test("no boot file is an address all the same, and a reason", () => {
    const under: DhcpPolicy = { ...policy, boot: () => ({ none: "nobody knows this machine" }) };
    const decision = replied(converse(new LeaseTable(), [decodeMessage(edk2PxeDiscover)], 0, under));
    expect(decision.reason).toBe("10.69.0.10: reserved for it; no boot file: nobody knows this machine");
    expect(decision.reply.message).toMatchObject({ yiaddr: "10.69.0.10", siaddr: "0.0.0.0", file: "" });
  });

  test("an operating system is told nothing of booting", () => {
    const { message } = replied(converse(new LeaseTable(), [os])).reply;
    expect([message.file, message.siaddr, message.options.bootfileName]).toEqual(["", "0.0.0.0", undefined]);
    expect(message.options.clientIdentifier).toEqual(hex("01 52540069000a")); // RFC 6842
  });

  test("who asks for option 150 gets it", () => {
    const asks = from(stranger, "DHCPDISCOVER", { clientSystemArch: [22], parameterRequestList: [1, 150] });
    expect(replied(converse(new LeaseTable(), [asks])).reply.message.options.tftpServerAddress).toEqual([
      server,
    ]);
  });

  test("a client with little room loses what it can do without, and is told so", () => {
    const domain = "d".repeat(120);
    const long: DhcpPolicy = {
      ...policy,
      domain,
      boot: () => ({ file: `http://${"x".repeat(130)}`, nextServer: server }),
    };
    const asks = (size: number) =>
      from(reserved, "DHCPDISCOVER", { clientSystemArch: [0], maximumDhcpMessageSize: size });
    expect(replied(converse(new LeaseTable(), [asks(1472)], 0, long)).reason).not.toMatch(/left out/);
    const tight = replied(converse(new LeaseTable(), [asks(100)], 0, long));
    expect(tight.reason).toMatch(/; left out for want of room: .*hostName/);
    expect(tight.reply.message.options.bootfileName).toHaveLength(137);
    expect(encodeMessage(tight.reply.message).length).toBeLessThanOrEqual(548); // 576 less IP and UDP headers
  });

  test("an answer that cannot fit is not sent", () => {
    const asks = from(stranger, "DHCPDISCOVER", { clientMachineIdentifier: new Uint8Array(600) });
    const decision = converse(new LeaseTable(), [asks]);
    expect(summary(decision)).toBe("the answer is longer than the client accepts (option 57)");
  });
});
