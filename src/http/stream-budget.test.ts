import { describe, expect, test } from "vitest";
import { StreamBudget } from "./stream-budget.ts";

const KiB = 1024;
const MiB = 2 ** 20;

describe("the memory of files on their way", () => {
  test("the first streams get large pieces, late ones small ones, and together they stay within bounds", () => {
    const budget = new StreamBudget(48 * MiB);
    const sizes: number[] = [];
    for (let streams = 1; streams <= 2000; streams += 1) {
      sizes.push(budget.open().pieceBytes);
      expect(budget.heldBytes).toBeLessThanOrEqual(48 * MiB + streams * 32 * KiB);
    }
    expect([sizes[0], sizes[1999]]).toEqual([256 * KiB, 16 * KiB]);
    expect(budget.heldBytes / 2000).toBeLessThan(100 * KiB);
  });

  test("who has finished leaves room to the others", () => {
    const budget = new StreamBudget(4 * MiB);
    const streams = Array.from({ length: 200 }, () => budget.open());
    expect(budget.open().pieceBytes).toBe(16 * KiB);
    for (const stream of streams) stream[Symbol.dispose]();
    expect(budget.open().pieceBytes).toBe(252 * KiB); // a sixteenth of what the one that is left does not hold
  });
});
