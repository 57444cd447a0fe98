import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { Timeline } from "../core/timeline.ts";
import { parseSubnet } from "../wire/ipv4.ts";
import { startBootServer } from "./boot-server.ts";
import { edk2PxeDiscover, udhcpcDiscover } from "./captured-messages.ts";
import { policy } from "./conversation.ts";
import type { DhcpFacts } from "./facts.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import type { DhcpPolicy } from "./policy.ts";
import { ProxyMemory } from "./proxy-memory.ts";

const proxy: DhcpPolicy = {
  ...policy,
  mode: "proxy",
  server: "127.0.0.1",
  subnet: parseSubnet("127.0.0.0/8") ?? policy.subnet,
};

/** A boot server and a client at 127.0.0.2. */
async function network(under = proxy, port = 0) {
  await using stack = new AsyncDisposableStack();
  const client = createSocket("udp4");
  stack.defer(() => new Promise((resolve) => client.close(() => resolve())));
  client.bind(0, "127.0.0.2");
  await once(client, "listening");
  const timeline = new Timeline<DhcpFacts>();
  const stop = new AbortController();
  const memory = new ProxyMemory();
  const server = stack.use(
    await startBootServer(
      { address: "127.0.0.1", port, policy: under, memory },
      { timeline, signal: stop.signal },
    ),
  );
  const owned = stack.move();
  return { client, timeline, stop, server, memory, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const discover = decodeMessage(edk2PxeDiscover);
const request = encodeMessage({
  ...discover,
  ciaddr: "127.0.0.2",
  options: { ...discover.options, messageType: "DHCPREQUEST" },
});

describe("the boot server's port", () => {
  test("answers from itself to the very port that asked: EDK2 asks from 4011, iPXE from 68", async () => {
    await using net = await network();
    const answer = once(net.client, "message", { signal: AbortSignal.timeout(2000) });
    net.client.send(request, net.server.port ?? 0, "127.0.0.1");
    const [bytes, from] = (await answer) as [Uint8Array, { address: string; port: number }];
    expect(from).toMatchObject({ address: "127.0.0.1", port: net.server.port });
    expect(decodeMessage(bytes)).toMatchObject({ file: "loader.efi", options: { messageType: "DHCPACK" } });

    const asker = `127.0.0.2:${net.client.address().port}`;
    await expect.poll(() => net.timeline.facts("dhcp.sent")).toHaveLength(1);
    expect(net.timeline.facts()).toMatchObject([
      { type: "dhcp.received", messageType: "DHCPREQUEST", xid: "25335511", from: asker },
      {
        type: "dhcp.sent",
        messageType: "DHCPACK",
        xid: "25335511",
        bootfileName: "loader.efi",
        to: asker,
        reason: "boots loader.efi, told by the boot server",
      },
    ]);
    expect(net.memory.macAt("127.0.0.2")).toBe("52:54:00:69:00:0a");
  });

  test("reports nonsense and bugs of a site's `boot`, and serves on", async () => {
    let bug = true;
    const boot: DhcpPolicy["boot"] = (client) => {
      if (bug) throw new TypeError("no such machine");
      return policy.boot(client);
    };
    await using net = await network({ ...proxy, boot });
    const port = net.server.port ?? 0;
    net.client.send(Uint8Array.of(1), port, "127.0.0.1");
    net.client.send(udhcpcDiscover, port, "127.0.0.1");
    net.client.send(request, port, "127.0.0.1");
    await expect.poll(() => net.timeline.facts("dhcp.silent")).toHaveLength(2);
    bug = false;
    net.client.send(request, port, "127.0.0.1");
    await once(net.client, "message", { signal: AbortSignal.timeout(2000) });
    expect(net.timeline.facts("dhcp.malformed")).toHaveLength(1);
    expect(net.timeline.facts("dhcp.silent").map(({ reason }) => reason.split("\n")[0])).toEqual([
      "DHCPDISCOVER is not for a boot server",
      "bug: TypeError: no such machine",
    ]);
  });

  test("is held only while a network needs it, and follows the policy", async () => {
    await using net = await network({ ...proxy, mode: "server" });
    expect(net.server.port).toBeUndefined();
    net.server.setPolicy(proxy);
    await expect.poll(() => net.server.port).toBeGreaterThan(0);
    const first = net.server.port;
    net.server.setPolicy({ ...proxy, boot: () => ({ none: "no more" }) });
    net.client.send(request, first ?? 0, "127.0.0.1");
    await expect.poll(() => net.timeline.facts("dhcp.silent")).toHaveLength(1);
    expect(net.server.port).toBe(first);
    net.server.setPolicy({ ...proxy, mode: "off", relayed: [{ ...proxy }] });
    expect(net.server.port).toBe(first);
    net.server.setPolicy({ ...proxy, mode: "off" });
    await expect.poll(() => net.server.port).toBeUndefined();
  });

  test("that is taken is an error at the start, and a fact later", async () => {
    await using net = await network();
    const port = net.server.port ?? 0;
    await expect(network(proxy, port)).rejects.toThrow(`127.0.0.1:${port}`);
    await using later = await network({ ...proxy, mode: "server" }, port);
    later.server.setPolicy(proxy);
    await expect.poll(() => later.timeline.facts("dhcp.silent")).toHaveLength(1);
    expect(later.timeline.facts("dhcp.silent")[0]?.reason).toContain(`127.0.0.1:${port}`);
  });

  test("is free again when it was disposed of, twice even, or the signal came", async () => {
    const net = await network();
    const port = net.server.port ?? 0;
    net.server.setPolicy(proxy);
    await Promise.all([net[Symbol.asyncDispose](), net.server[Symbol.asyncDispose]()]);
    await using again = await network(proxy, port);
    again.stop.abort();
    await expect.poll(() => again.server.port).toBeUndefined();
    await using third = await network(proxy, port);
    expect(third.server.port).toBe(port);
  });
});
