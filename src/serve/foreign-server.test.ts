import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import type { DhcpMessage } from "../dhcp/message.ts";
import { anyAddress, decodeMessage, encodeMessage } from "../dhcp/message.ts";
import { describeOffer, discoverOf, findForeignServers, offerIn } from "./foreign-server.ts";

const asked = discoverOf(Uint8Array.of(2, 0, 0, 0, 0, 9), 0x1234abcd);
const offer: DhcpMessage = {
  ...asked,
  op: "BOOTREPLY",
  yiaddr: "192.0.2.77",
  options: {
    messageType: "DHCPOFFER",
    serverIdentifier: "192.0.2.1",
    router: ["192.0.2.254"],
    ipAddressLeaseTime: 600,
  },
};
const { signal } = new AbortController();

/** A DHCP server on loopback that answers with whatever `answer` makes of a message. */
async function startPeer(answer: (message: DhcpMessage) => readonly Uint8Array[]) {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const seen: DhcpMessage[] = [];
  socket.on("message", (bytes, { address, port }) => {
    const message = decodeMessage(bytes);
    seen.push(message);
    for (const reply of answer(message)) socket.send(reply, port, address);
  });
  return {
    seen,
    port: socket.address().port,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
}

const look = (port: number, waitMs: number) =>
  findForeignServers(
    {
      address: "127.0.0.1",
      broadcast: "127.0.0.1",
      to: "127.0.0.1",
      waitMs,
      ports: { client: 0, server: port },
    },
    signal,
  );

describe("looking for another DHCP server", () => {
  test("finds who offers an address to a machine nobody knows", async () => {
    await using peer = await startPeer(({ xid, chaddr }) => [
      Uint8Array.of(1, 2, 3), // and nonsense before it
      encodeMessage({ ...offer, xid, chaddr }),
    ]);
    const found = await look(peer.port, 2000);
    expect(found.map(describeOffer)).toEqual([
      "192.0.2.1 (from 127.0.0.1) offered 192.0.2.77, router 192.0.2.254",
    ]);
    const [discover] = peer.seen;
    expect(discover).toMatchObject({ flags: 0x8000, options: { messageType: "DHCPDISCOVER" } });
    // Locally administered and unicast: no card has it.
    expect((discover?.chaddr[0] ?? 0) & 3).toBe(2);
  });

  test("asks twice, and says so when nobody answers", async () => {
    await using peer = await startPeer(() => []);
    expect(await look(peer.port, 300)).toEqual([]);
    expect(peer.seen).toHaveLength(2);
    expect(peer.seen[0]?.xid).toBe(peer.seen[1]?.xid);
  });

  test("stops when it is told to", async () => {
    const question = {
      address: "127.0.0.1",
      broadcast: "",
      ports: { client: 0, server: 9 },
      to: "127.0.0.1",
    };
    await expect(findForeignServers(question, AbortSignal.timeout(50))).rejects.toThrow(/abort/i);
  });

  test.each<[string, Partial<DhcpMessage>]>([
    ["a request", { op: "BOOTREQUEST" }],
    ["an answer to somebody else", { xid: 1 }],
    ["an answer to another card", { chaddr: Uint8Array.of(2, 0, 0, 0, 0, 8) }],
    ["a proxy's offer, which has no address", { yiaddr: anyAddress }],
    ["a refusal", { options: { messageType: "DHCPNAK" } }],
  ])("takes no offer from %s", (_, changes) => {
    expect(offerIn(encodeMessage({ ...offer, ...changes }), "192.0.2.1", asked)).toBeUndefined();
  });

  test("repeats no control characters of a stranger's", () => {
    const bytes = encodeMessage({ ...offer, file: "\u001b[2Jx" });
    const offered = offerIn(bytes, "192.0.2.1", asked);
    expect(offered && describeOffer(offered)).toMatch(/^192\.0\.2\.1 offered 192\.0\.2\.77[\x20-\x7e]*$/);
  });
});
