import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import { parseSubnet } from "../wire/ipv4.ts";
import { ipxeRomDiscover, udhcpcDiscover } from "./captured-messages.ts";
import { policy } from "./conversation.ts";
import type { DhcpFacts } from "./facts.ts";
import type { DhcpMessage } from "./message.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import type { DhcpPolicy } from "./policy.ts";
import type { DhcpConfig } from "./server.ts";
import { startDhcp } from "./server.ts";

const onLoopback: DhcpPolicy = {
  ...policy,
  server: "127.0.0.1",
  subnet: parseSubnet("127.0.0.0/8") ?? policy.subnet,
  range: ["127.0.0.100", "127.0.0.103"],
  reservations: [],
};

/** A server and one client on 127.0.0.2, which renews and therefore is answered without broadcasts. */
async function network(config: Partial<DhcpConfig> = {}) {
  await using stack = new AsyncDisposableStack();
  const client = createSocket("udp4");
  stack.defer(() => new Promise((resolve) => client.close(() => resolve())));
  client.bind(0, "127.0.0.2");
  await once(client, "listening");
  const timeline = new Timeline<DhcpFacts>();
  const stop = new AbortController();
  const { port } = client.address();
  const ports = { port: 0, clientPort: port, relayPort: port };
  const server = stack.use(
    await startDhcp(
      { address: "127.0.0.1", listen: [], ...ports, policy: onLoopback, ...config },
      { timeline, signal: stop.signal, now: () => 5 },
    ),
  );
  const owned = stack.move();
  return { client, timeline, server, stop, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Through a relay at 127.0.0.2, which is the client's own socket: one address does for both. */
const relayed = (bytes: Uint8Array, change: Partial<DhcpMessage> = {}): Uint8Array =>
  encodeMessage({ ...decodeMessage(bytes), giaddr: "127.0.0.2", ...change });

async function ask(client: Socket, port: number, bytes: Uint8Array): Promise<DhcpMessage> {
  const answer = once(client, "message", { signal: AbortSignal.timeout(2000) });
  client.send(bytes, port, "127.0.0.1");
  const [reply] = await answer;
  return decodeMessage(reply as Uint8Array);
}

describe("the DHCP server", () => {
  test("answers from its own port, keeps the lease and reports both ways", async () => {
    await using net = await network();
    const { client, timeline, server } = net;
    const offer = await ask(client, server.port, relayed(ipxeRomDiscover));
    expect(offer.options).toMatchObject({ messageType: "DHCPOFFER", bootfileName: "loader.efi" });
    expect(server.leases()).toMatchObject([{ address: offer.yiaddr, state: "offered", until: 60_005 }]);

    const { options } = decodeMessage(ipxeRomDiscover);
    const choice = { serverIdentifier: "127.0.0.1", requestedIpAddress: offer.yiaddr };
    const request = { options: { ...options, ...choice, messageType: "DHCPREQUEST" as const } };
    const ack = await ask(client, server.port, relayed(ipxeRomDiscover, request));
    expect(ack.options.messageType).toBe("DHCPACK");
    expect(server.leases()).toMatchObject([{ address: ack.yiaddr, state: "bound", until: 3_600_005 }]);

    const { port } = client.address();
    await expect.poll(() => timeline.facts()).toHaveLength(4);
    expect(timeline.facts()).toMatchObject([
      {
        type: "dhcp.received",
        mac: "52:54:00:69:00:0a",
        xid: "d2cfcb7f",
        messageType: "DHCPDISCOVER",
        clientSystemArch: [0],
        vendorClassIdentifier: "PXEClient:Arch:00000:UNDI:002001",
        userClass: ["iPXE"],
        clientMachineIdentifier: "33221100-5544-7766-8899-aabbccddeeff",
        ipxeVersion: "1.0.0",
        from: `127.0.0.2:${port}`,
      },
      {
        type: "dhcp.sent",
        messageType: "DHCPOFFER",
        yiaddr: offer.yiaddr,
        siaddr: "10.69.0.1",
        bootfileName: "loader.efi",
      },
      { type: "dhcp.received", messageType: "DHCPREQUEST" },
      { type: "dhcp.sent", messageType: "DHCPACK", to: `127.0.0.2:${port}` },
    ]);
  });

  test("reports nonsense, stays silent with a reason, and serves on", async () => {
    await using net = await network();
    const { client, timeline, server } = net;
    for (const packet of [
      new Uint8Array(),
      Uint8Array.of(1),
      new Uint8Array(65_000),
      ipxeRomDiscover.subarray(0, 250),
    ]) {
      client.send(packet, server.port, "127.0.0.1");
    }
    client.send(relayed(udhcpcDiscover, { giaddr: "203.0.113.9" }), server.port, "127.0.0.1");
    expect((await ask(client, server.port, relayed(udhcpcDiscover))).yiaddr).toMatch(/^127\.0\.0\.10[0-3]$/);
    expect(timeline.facts("dhcp.malformed").map(({ problem }) => problem)).toEqual([
      "op: needs 1 byte, 0 left (at byte 0)",
      "htype: needs 1 byte, 0 left (at byte 1)",
      "op: is neither request nor reply but 0 (at byte 0)",
      "option 93: needs 2 bytes, 1 left (at byte 9)",
    ]);
    expect(timeline.facts("dhcp.silent").map(({ reason }) => reason)).toEqual([
      "relay 203.0.113.9 is not on 127.0.0.0/8",
    ]);
  });

  test("a site whose boot rules throw loses one answer, not the server", async () => {
    const boot = () => {
      throw new Error("no such rule");
    };
    await using net = await network({ policy: { ...onLoopback, boot } });
    const { client, timeline, server } = net;
    client.send(relayed(ipxeRomDiscover), server.port, "127.0.0.1");
    await ask(client, server.port, relayed(udhcpcDiscover));
    expect(timeline.facts("dhcp.silent")[0]?.reason).toMatch(/^bug: Error: no such rule/);
  });

  test("a flood costs no memory and is over with its second", async () => {
    await using net = await network({ packetsPerSecond: 3 });
    const { client, timeline, server } = net;
    for (let n = 0; n < 50; n += 1) client.send(Uint8Array.of(9), server.port, "127.0.0.1");
    await expect.poll(() => timeline.facts("dhcp.silent")).toHaveLength(1);
    expect(timeline.facts()).toHaveLength(4);
    expect(timeline.facts("dhcp.silent")[0]?.reason).toMatch(/too many packets/);
  });

  test("a new policy counts from the next packet on, and forgets what it cannot mean", async () => {
    await using net = await network();
    const { client, server } = net;
    await ask(client, server.port, relayed(udhcpcDiscover));
    server.setPolicy({ ...onLoopback, range: ["127.0.0.200", "127.0.0.200"] });
    expect(server.leases()).toEqual([]);
    expect((await ask(client, server.port, relayed(udhcpcDiscover))).yiaddr).toBe("127.0.0.200");
  });

  test("is gone when it is disposed of, twice if need be, and when its signal says so", async () => {
    await using first = await network();
    await first.server[Symbol.asyncDispose]();
    await first.server[Symbol.asyncDispose]();
    const { port } = first.server;
    await using second = await network({ port });
    second.stop.abort();
    await expect.poll(async () => (await network({ port }))[Symbol.asyncDispose]()).toBeUndefined();
  });

  test.each([
    ["EADDRNOTAVAIL", "192.0.2.1", 0, /network\.server/],
    ["EADDRINUSE", "127.0.0.1", undefined, /another DHCP server/],
  ])("%s is explained", async (code, address, port, hint) => {
    await using net = await network();
    const starting = startDhcp(
      { address, listen: [], port: port ?? net.server.port, policy: onLoopback },
      { timeline: net.timeline, signal: net.stop.signal },
    );
    await expect(starting).rejects.toMatchObject({
      name: "DrybootError",
      code: "LISTEN_FAILED",
      hint: expect.stringMatching(hint),
      cause: expect.objectContaining({ code }),
    });
  });

  test("a second address that cannot be listened on closes the first", async () => {
    const config = { address: "127.0.0.1", port: 0, policy: onLoopback };
    const deps = { timeline: new Timeline<DhcpFacts>(), signal: new AbortController().signal };
    await expect(startDhcp({ ...config, listen: ["192.0.2.1"] }, deps)).rejects.toThrow(/192\.0\.2\.1/);
    const sockets = () => process.getActiveResourcesInfo().filter((name) => name === "UDPWrap");
    await expect.poll(sockets).toEqual([]); // nor did any test above leave one
  });

  test("an offer that waits is sent late, and not at all once the server is gone", async () => {
    await using net = await network({
      policy: { ...onLoopback, offerDelayMs: 80 },
    });
    const { timeline, client, server } = net;
    const begin = performance.now();
    await ask(client, server.port, relayed(ipxeRomDiscover));
    expect(performance.now() - begin).toBeGreaterThan(70);
    client.send(relayed(ipxeRomDiscover), server.port, "127.0.0.1");
    await expect.poll(() => timeline.facts("dhcp.received")).toHaveLength(2);
    await net[Symbol.asyncDispose]();
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(timeline.facts("dhcp.sent")).toHaveLength(1);
  });

  test("does not start for a signal that is already aborted", async () => {
    const signal = AbortSignal.abort();
    const starting = startDhcp(
      { address: "127.0.0.1", listen: [], port: 0, policy: onLoopback },
      { timeline: new Timeline<DhcpFacts>(), signal },
    );
    await expect(starting).rejects.toMatchObject({ name: "AbortError" });
  });
});
