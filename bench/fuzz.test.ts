import { describe, expect, test } from "vitest";
import { DecodeError } from "../src/core/errors.ts";
import { fuzz } from "./fuzz-run.ts";
import { fuzzTargets } from "./fuzz-targets.ts";

describe("20,000 changed inputs", () => {
  test.each(fuzzTargets)("are read or refused: $name", async (target) => {
    const inputs = 20_000 / (target.oneIn ?? 1);
    const { bugs, read, refused } = await fuzz(target, inputs);
    expect(bugs).toEqual([]);
    expect(read + refused).toBe(inputs);
    // Otherwise only the first check was tried.
    expect(read).toBeGreaterThan(inputs / 100);
  });
});

describe("the fuzzer", () => {
  const originals = [new Uint8Array(8)];

  test("counts a bug, and keeps what caused it", async () => {
    const read = (bytes: Uint8Array) => {
      if (bytes[0] === 0) throw new TypeError("a bug");
      throw new DecodeError("byte", 0, "is not what it should be");
    };
    const { bugCount, refused, bugs } = await fuzz({ name: "", originals, read }, 1000);
    expect(bugCount).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    expect(bugCount + refused).toBe(1000);
    expect(bugs[0]).toMatchObject({ error: "TypeError: a bug", input: expect.stringMatching(/^00/) });
  });

  test("finds the slow one", async () => {
    const read = (bytes: Uint8Array) => {
      for (const until = performance.now() + 5; bytes[0] === 7 && performance.now() < until; );
    };
    const { slowestInput } = await fuzz({ name: "", originals: [Uint8Array.of(7)], read }, 20);
    expect(slowestInput).toMatch(/^07/);
  });
});
