import { describe, expect, test } from "vitest";
import { GivenOnce, machineFileRefusal } from "./machine-files.ts";

const mac = "52:54:00:69:00:0a";
const file = { bytes: Buffer.from("key"), sizeBytes: 3 };
const own = { file, for: { mac } };

describe("a file for one machine alone", () => {
  test("is given to the address whose lease is that machine's", async () => {
    expect(machineFileRefusal(own, mac, undefined)).toBeUndefined();
    expect(await new GivenOnce().answer({ method: "GET", path: "own" }, own, 1)).toEqual({ file });
  });

  test("is given to nobody once that machine has booted, and the fact says why", () => {
    const answer = machineFileRefusal(own, mac, "it reported 2 minutes ago that it is ready");
    expect(answer).toMatchObject({ status: 403, reason: expect.stringMatching(/ready/) });
  });

  test.each([
    ["another machine's", "02:00:00:00:00:01"],
    ["nobody's", undefined],
  ])("is not given to an address that is %s, and the fact says why", (_, owner) => {
    const answer = machineFileRefusal(own, owner, undefined);
    expect(answer).toMatchObject({ status: 403, reason: expect.stringContaining(mac) });
    expect(answer && "text" in answer && answer.text).not.toContain(mac);
  });
});

describe("a file that holds secrets", () => {
  const secret = { make: async () => file, for: { mac } };
  const ask = (once: GivenOnce, bootBegan: number, method = "GET") =>
    once.answer({ method, path: "own" }, secret, bootBegan);
  /** Asks, and says how the fetch ended. */
  const fetch = async (once: GivenOnce, bootBegan: number, whole: boolean) => {
    const answer = await ask(once, bootBegan);
    if ("file" in answer) answer.ended?.(whole);
    return "file" in answer;
  };

  test("is given once in a boot", async () => {
    const once = new GivenOnce();
    expect([await fetch(once, 1, true), await fetch(once, 1, true), await fetch(once, 2, true)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  test("is given again when its fetch did not come to its end", async () => {
    const once = new GivenOnce();
    expect([await fetch(once, 1, false), await fetch(once, 1, true), await fetch(once, 1, true)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("is given to one at a time", async () => {
    const once = new GivenOnce();
    await ask(once, 1);
    expect(await ask(once, 1)).toMatchObject({
      status: 403,
      reason: expect.stringContaining("is fetching it already"),
    });
  });

  test("is there for the next boot, though a fetch of the one before ends only then", async () => {
    const once = new GivenOnce();
    const first = await ask(once, 1);
    const second = await ask(once, 2);
    if ("file" in first) first.ended?.(false);
    expect(second).toHaveProperty("file");
    expect(await ask(once, 2)).toMatchObject({ status: 403 });
  });

  test("may be asked for its size", async () => {
    const once = new GivenOnce();
    await ask(once, 1, "HEAD");
    expect(await fetch(once, 1, true)).toBe(true);
  });

  test("is asked for in vain, and then not, where it could not be made", async () => {
    const once = new GivenOnce();
    const failing = { make: () => Promise.reject(new Error("no secret")), for: { mac } };
    await expect(once.answer({ method: "GET", path: "own" }, failing, 1)).rejects.toThrow("no secret");
    expect(await fetch(once, 1, true)).toBe(true);
  });
});
