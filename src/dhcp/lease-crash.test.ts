import { fork } from "node:child_process";
import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { udhcpcDiscover } from "./captured-messages.ts";
import { loadLeases } from "./lease-file.ts";
import type { DhcpMessage } from "./message.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import type { MessageType } from "./message-types.ts";
import type { DhcpOptions } from "./options.ts";

const clients = 1000;
const blank = decodeMessage(udhcpcDiscover);
const chaddr = (n: number) => Uint8Array.of(2, 0, 0, 0, n >> 8, n & 255);

/** Starts a server on the store; `kill` is `kill -9`. */
async function startServer(store: string, replies: Socket) {
  const entry = join(import.meta.dirname, "lease-crash-server.ts");
  const child = fork(entry, [store, String(replies.address().port)], { stdio: "inherit" });
  const ended = once(child, "exit");
  const [port] = (await Promise.race([
    once(child, "message"),
    ended.then(([code]) => Promise.reject(new Error(`the server ended with ${code}`))),
  ])) as [number];
  const kill = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  return { port, kill, [Symbol.asyncDispose]: kill };
}

/**
 * A thousand clients behind one relay at 127.0.0.2, each taken by its MAC through DISCOVER and REQUEST; those that
 * know an address ask for just that (INIT-REBOOT). Returns who was promised what; ends early when `enough` says so.
 */
async function exchange(
  replies: Socket,
  port: number,
  known: ReadonlyMap<number, string>,
  enough: (acked: number) => boolean = () => false,
) {
  const acked = new Map<number, string>();
  const refused = new Set<number>();
  const say = (n: number, messageType: MessageType, options: DhcpOptions) => {
    const message: DhcpMessage = { ...blank, xid: n, chaddr: chaddr(n), giaddr: "127.0.0.2", options };
    replies.send(encodeMessage({ ...message, options: { messageType, ...options } }), port, "127.0.0.1");
  };
  const begin = (n: number) => {
    const address = known.get(n);
    if (address === undefined) say(n, "DHCPDISCOVER", {});
    else say(n, "DHCPREQUEST", { requestedIpAddress: address });
  };
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const onReply = (bytes: Buffer) => {
    const { xid, yiaddr, options } = decodeMessage(bytes);
    if (options.messageType === "DHCPOFFER") {
      say(xid, "DHCPREQUEST", { serverIdentifier: "127.0.0.1", requestedIpAddress: yiaddr });
    }
    if (options.messageType === "DHCPNAK") refused.add(xid);
    if (options.messageType === "DHCPACK") acked.set(xid, yiaddr);
    if (acked.size + refused.size === clients || enough(acked.size)) resolve();
  };
  replies.on("message", onReply);
  const waiting = new Set(Array.from({ length: clients }, (_, n) => n));
  const ask = () => {
    // As clients do: again and again, not all in the same moment.
    for (const n of [...waiting].slice(0, 200)) {
      waiting.delete(n);
      if (!acked.has(n) && !refused.has(n)) begin(n);
    }
    if (waiting.size === 0) for (let n = 0; n < clients; n += 1) if (!acked.has(n)) waiting.add(n);
  };
  ask();
  const asking = setInterval(ask, 20);
  await done;
  clearInterval(asking);
  replies.off("message", onReply);
  return { acked, refused };
}

test("kill -9 in the middle of 1,000 exchanges loses no lease and doubles none", {
  timeout: 30_000,
}, async ({ annotate }) => {
  await using stack = new AsyncDisposableStack();
  const store = await mkdtemp(join(tmpdir(), "dryboot-leases-"));
  stack.defer(() => rm(store, { recursive: true }));
  const replies = createSocket({ type: "udp4", recvBufferSize: 2 ** 20 });
  stack.defer(() => new Promise((resolve) => replies.close(() => resolve())));
  replies.bind(0, "127.0.0.2");
  await once(replies, "listening");

  const promised = new Map<number, string>();
  const kills = [1, 150, 400, 700, clients];
  let acks = 0;
  for (const killAt of kills) {
    await using server = await startServer(store, replies);
    const { acked, refused } = await exchange(replies, server.port, promised, (count) => count >= killAt);
    await server.kill();
    expect(refused).toEqual(new Set());
    acks += acked.size;
    for (const [n, address] of acked) {
      expect([n, promised.get(n) ?? address]).toEqual([n, address]);
      promised.set(n, address);
    }
  }
  expect(promised.size).toBe(clients);

  await using server = await startServer(store, replies);
  const { acked, refused } = await exchange(replies, server.port, promised);
  expect(refused).toEqual(new Set());
  for (const [n, address] of promised) expect([n, acked.get(n)]).toEqual([n, address]);
  expect(new Set(acked.values()).size).toBe(clients);
  await server.kill();
  acks += acked.size;
  const lost = [...promised].filter(([n, address]) => acked.get(n) !== address).length;
  const doubled = acked.size - new Set(acked.values()).size;
  await annotate(
    `${kills.length + 1} times kill -9, ${acks} ACKs to ${acked.size} clients, ${promised.size} of them before the last start: ${lost} lost, ${doubled} doubled`,
  );
  const { table, damaged } = await loadLeases(store);
  expect(damaged).toBe(0);
  expect(new Map(Array.from(table.all(), ({ mac, address }) => [mac, address])).size).toBe(clients);
});
