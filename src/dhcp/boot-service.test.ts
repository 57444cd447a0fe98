import { describe, expect, test } from "vitest";
import { DecodeError } from "../core/errors.ts";
import { mutants } from "../core/mutants.fixture.ts";
import { decideBootService } from "./boot-service.ts";
import { edk2HttpDiscover, edk2PxeDiscover, hex, ipxeRomDiscover } from "./captured-messages.ts";
import type { NetbootClient } from "./client.ts";
import { os, policy, reserved, server } from "./conversation.ts";
import { nextAttempt } from "./dialect.ts";
import type { DhcpMessage } from "./message.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import type { DhcpOptions } from "./options.ts";
import type { DhcpPolicy } from "./policy.ts";
import { ProxyMemory } from "./proxy-memory.ts";

const proxy: DhcpPolicy = { ...policy, mode: "proxy" };
const leased = "10.69.0.150";

/** The REQUEST that follows a redirecting offer: the DISCOVER's options, and the address in the header. */
function asking(
  discover: Uint8Array,
  options: DhcpOptions = {},
  header: Partial<DhcpMessage> = {},
): DhcpMessage {
  const message = decodeMessage(discover);
  return {
    ...message,
    ciaddr: leased,
    ...header,
    options: { ...message.options, messageType: "DHCPREQUEST", ...options },
  };
}
const answer = (message: DhcpMessage, under = proxy, source = leased, memory = new ProxyMemory()) =>
  decideBootService(message, source, under, memory);
function ack(message: DhcpMessage, under = proxy): DhcpMessage {
  const decision = answer(message, under);
  if ("silent" in decision) throw new Error(`silent: ${decision.silent}`);
  return decision.reply;
}

describe("the boot server", () => {
  test.each([
    ["OVMF", edk2PxeDiscover],
    ["a BIOS iPXE: architecture 0 is no reason to refuse", ipxeRomDiscover],
  ])("tells %s its file in every place, from the address it was pointed to", (_, discover) => {
    const message = ack(asking(discover));
    expect(message).toMatchObject({ siaddr: server, sname: server, file: "loader.efi", yiaddr: "0.0.0.0" });
    expect(message.options).toMatchObject({
      messageType: "DHCPACK",
      serverIdentifier: server,
      vendorClassIdentifier: "PXEClient",
      bootfileName: "loader.efi",
      clientMachineIdentifier: hex("00 00112233445566778899aabbccddeeff"),
    });
    expect(message.options.vendorSpecificInformation).toBeUndefined(); // no menu: single entries fail on many ROMs
    expect(message.options.ipAddressLeaseTime).toBeUndefined();
  });

  test("echoes the address the client uses, which EDK2 compares", () => {
    expect(ack(asking(edk2PxeDiscover)).ciaddr).toBe(leased);
  });

  test("answers the INFORM that some ROMs send instead", () => {
    expect(ack(asking(edk2PxeDiscover, { messageType: "DHCPINFORM" })).file).toBe("loader.efi");
  });

  test.each(["PXEClient", "HW-Client"])(
    "echoes to a %s the boot item it chose (43.71), layer and all",
    (own) => {
      const chosen = hex("47 04 8001 0002 ff");
      const vendorClassIdentifier = `${own}:Arch:00007:UNDI:003000`;
      const message = ack(
        asking(edk2PxeDiscover, { vendorSpecificInformation: chosen, vendorClassIdentifier }),
      );
      expect(message.options).toMatchObject({
        vendorSpecificInformation: chosen,
        vendorClassIdentifier: own,
      });
    },
  );

  test.each([
    ["cut short", "47 04 80"],
    ["of another vendor", "deadbeef"],
  ])("is not confused by an option 43 %s", (_, bytes) => {
    const message = ack(asking(edk2PxeDiscover, { vendorSpecificInformation: hex(bytes) }));
    expect(message.options.vendorSpecificInformation).toBeUndefined();
  });

  test("asks the same `boot` as port 67: an iPXE that was chained already is known as one", () => {
    const seen: NetbootClient[] = [];
    const boot = (client: NetbootClient) => {
      seen.push(client);
      return { file: client.ipxe ? "http://10.69.0.1/boot.ipxe" : "snponly.efi", nextServer: server };
    };
    expect(ack(asking(ipxeRomDiscover), { ...proxy, boot }).file).toBe("http://10.69.0.1/boot.ipxe");
    expect(ack(asking(edk2PxeDiscover), { ...proxy, boot }).file).toBe("snponly.efi");
    expect(seen).toHaveLength(2);
  });

  test("notes progress, and whose address this is", () => {
    const memory = new ProxyMemory();
    const { attempt } = nextAttempt(undefined, { xid: 1, usual: "redirect" }, 0);
    memory.note({ client: `1/${reserved}`, mac: reserved, attempt });
    const { observed } = answer(asking(edk2PxeDiscover), proxy, leased, memory);
    expect(observed).toEqual({
      client: `1/${reserved}`,
      mac: reserved,
      address: leased,
      attempt: { ...attempt, progressed: true },
    });
  });

  test.each<[string, DhcpMessage, Partial<DhcpPolicy>, string]>([
    ["it asks from 203.0.113.9, which is not on 10.69.0.0/24", asking(edk2PxeDiscover), {}, "203.0.113.9"],
    ["it asks from 10.69.0.1, which is not on 10.69.0.0/24", asking(edk2PxeDiscover), {}, server],
    ["10.69.0.0/24 is served without a proxy", asking(edk2PxeDiscover), { mode: "server" }, leased],
    ["DHCPDISCOVER is not for a boot server", decodeMessage(edk2PxeDiscover), {}, leased],
    ["a message of no type we know is not for a boot server", { ...os, options: {} }, {}, leased],
    ["it is a server's reply, not a request", asking(edk2PxeDiscover, {}, { op: "BOOTREPLY" }), {}, leased],
    [
      "it is no PXE client, and others need no boot server",
      { ...os, options: { ...os.options, messageType: "DHCPREQUEST" } },
      {},
      leased,
    ],
    ["it is no PXE client, and others need no boot server", asking(edk2HttpDiscover), {}, leased],
    [
      "no boot file: nobody knows it",
      asking(edk2PxeDiscover),
      { boot: () => ({ none: "nobody knows it" }) },
      leased,
    ],
    [
      "the answer is longer than the client accepts (option 57)",
      asking(edk2PxeDiscover, { clientMachineIdentifier: new Uint8Array(1500) }),
      {},
      leased,
    ],
  ])("is silent: %s", (reason, message, under, source) => {
    expect(answer(message, { ...proxy, ...under }, source)).toMatchObject({ silent: reason });
  });

  test("serves the network the request comes from, also one behind a router", () => {
    const relayed = [{ ...proxy, subnet: { network: "10.70.0.0", prefixLength: 24 } }];
    const ours: DhcpPolicy = { ...policy, mode: "server", relayed };
    expect(answer(asking(edk2PxeDiscover, {}, { ciaddr: "10.70.0.9" }), ours, "10.70.0.9")).toHaveProperty(
      "reply.file",
      "loader.efi",
    );
    expect(answer(asking(edk2PxeDiscover), ours)).toHaveProperty("silent");
  });

  test("sends at most three times what it was sent, whatever arrives", () => {
    const requests = [edk2PxeDiscover, ipxeRomDiscover].map((bytes) => encodeMessage(asking(bytes)));
    let replies = 0;
    for (const bytes of mutants(requests, 10_000, { mostlyFrom: 240 })) {
      try {
        const decision = answer(decodeMessage(bytes));
        if ("silent" in decision) continue;
        replies += 1;
        expect(encodeMessage(decision.reply).length).toBeLessThanOrEqual(3 * bytes.length);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
      }
    }
    expect(replies).toBeGreaterThan(1000);
  });
});
