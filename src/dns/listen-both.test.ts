import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { closeUdp } from "../core/udp-listener.ts";
import { listenBoth } from "./listen-both.ts";
import { listenTcp } from "./tcp-listener.ts";

const here = "127.0.0.1";
const listening = (port: number) => listenTcp(here, port, async () => undefined);

/** A TCP port that somebody else has. */
async function taken(): Promise<number> {
  const server = createServer().listen(0, here);
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test("a number that TCP has in use is not taken when any would do", async () => {
  const inUse = await taken();
  const asked: number[] = [];
  const { udp, tcp } = await listenBoth(here, 0, (port) => {
    asked.push(port);
    return listening(asked.length === 1 ? inUse : port);
  });
  onTestFinished(() => closeUdp(udp));
  onTestFinished(() => tcp[Symbol.asyncDispose]());
  expect(asked).toHaveLength(2);
  expect(tcp.port).toBe(asked[1]);
  expect(udp.address().port).toBe(tcp.port);
});

test("a number that was asked for and is in use is refused", async () => {
  await expect(listenBoth(here, await taken(), listening)).rejects.toMatchObject({ code: "LISTEN_FAILED" });
});
