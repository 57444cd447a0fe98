import { expect, test } from "vitest";
import { mapAtMost } from "./at-most.ts";

test("works on so many at a time and no more, and keeps the order", async () => {
  let running = 0;
  let most = 0;
  const doubled = await mapAtMost(3, [5, 4, 3, 2, 1, 0], async (item) => {
    running += 1;
    most = Math.max(most, running);
    for (let turn = 0; turn < item; turn += 1) await Promise.resolve();
    running -= 1;
    return item * 2;
  });
  expect(doubled).toEqual([10, 8, 6, 4, 2, 0]);
  expect(most).toBe(3);
});

test("stops the others at the first failure, and begins no more", async () => {
  const begun: number[] = [];
  const stopped: number[] = [];
  const work = mapAtMost(2, [0, 1, 2, 3], async (item, signal) => {
    begun.push(item);
    if (item === 0) throw new Error("the first");
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    stopped.push(item);
    throw new Error("stopped");
  });
  await expect(work).rejects.toThrow("the first");
  expect({ begun, stopped }).toEqual({ begun: [0, 1], stopped: [1] });
});

test("begins nothing when it was stopped before", async () => {
  const work = mapAtMost(2, [1], async () => expect.unreachable(), AbortSignal.abort());
  await expect(work).rejects.toMatchObject({ name: "AbortError" });
});
