import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { PacketQueue } from "./packet-queue.ts";

function packet(messageType: number, n: number, length = 300): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([53, 1, messageType, n >> 8, n & 255], 240);
  return bytes;
}
const discover = (n: number) => packet(1, n);
const request = (n: number) => packet(3, n);

async function answered(count: number, push: (queue: PacketQueue) => void) {
  const order: string[] = [];
  let dropped = 0;
  const queue = new PacketQueue(
    (bytes) => order.push(`${bytes[242]}/${((bytes[243] ?? 0) << 8) + (bytes[244] ?? 0)}`),
    () => (dropped += 1),
  );
  push(queue);
  while (order.length < count) await nextTurn();
  await nextTurn();
  return { order, dropped };
}

test("exchanges that were begun are finished before new ones are", async () => {
  const { order, dropped } = await answered(4, (queue) => {
    queue.push(discover(1), "");
    queue.push(discover(2), "");
    queue.push(request(3), "");
    queue.push(Uint8Array.of(9), "");
  });
  expect(order.slice(0, 3)).toEqual(["3/3", "1/1", "1/2"]);
  expect(order).toHaveLength(4);
  expect(dropped).toBe(0);
});

test("of too many DISCOVERs the oldest are dropped, and no REQUEST for them", async () => {
  const { order, dropped } = await answered(1034, (queue) => {
    for (let n = 0; n < 2000; n += 1) queue.push(discover(n), "");
    for (let n = 0; n < 10; n += 1) queue.push(request(n), "");
  });
  expect(dropped).toBe(976);
  expect(order.slice(0, 11)).toEqual([...Array.from({ length: 10 }, (_, n) => `3/${n}`), "1/976"]);
});

test("huge packets do not fill the memory", async () => {
  const { order, dropped } = await answered(1, (queue) => {
    for (let n = 0; n < 200; n += 1) queue.push(packet(3, n, 60_000), "");
  });
  expect(dropped).toBeGreaterThan(120);
  expect(order.at(-1)).toBe("3/199");
});

test("nothing is answered after it was cleared", async () => {
  const seen: unknown[] = [];
  const queue = new PacketQueue(
    (bytes) => seen.push(bytes),
    () => {},
  );
  queue.push(discover(1), "");
  queue.clear();
  await nextTurn();
  await nextTurn();
  expect(seen).toEqual([]);
});
