import { describe, expect, test } from "vitest";
import { edk2PxeDiscover, ipxeRomDiscover } from "./captured-messages.ts";
import { clientOf } from "./client.ts";
import type { Attempt } from "./dialect.ts";
import { nextAttempt, usualDialect } from "./dialect.ts";
import { decodeMessage } from "./message.ts";

describe("the dialect a client is spoken to first", () => {
  const { ipxe: _, ...firmware } = clientOf(decodeMessage(ipxeRomDiscover));
  test.each([
    ["a BIOS ROM", [0], "direct"],
    ["a ROM older than option 93", [], "direct"],
    ["x64 UEFI", [7], "redirect"],
    ["x64 UEFI that says 9, as RFC 4578 was printed", [9], "redirect"],
    ["ARM64 UEFI that leads with a number nobody knows", [999, 11], "redirect"],
    ["U-Boot", [22], "direct"],
  ])("to %s %j", (_name, architectures, expected) => {
    expect(usualDialect({ ...firmware, architectures })).toBe(expected);
  });

  test("to any iPXE is direct, also on UEFI: it takes file and server from the offer", () => {
    const client = clientOf(decodeMessage(edk2PxeDiscover));
    expect(usualDialect(client)).toBe("redirect");
    expect(usualDialect({ ...client, ipxe: { features: new Set() } })).toBe("direct");
  });
});

describe("what comes of an attempt", () => {
  const first: Attempt = {
    dialect: "redirect",
    xid: 1,
    since: 0,
    progressed: false,
    proven: false,
    failures: 0,
  };
  const again = (before: Attempt, xid: number, now: number) =>
    nextAttempt(before, { xid, usual: "redirect" }, now);

  test("the first one is in the usual dialect", () => {
    expect(nextAttempt(undefined, { xid: 1, usual: "redirect" }, 0)).toEqual({ attempt: first });
  });

  test("a repeated DISCOVER is no new attempt, however late: EDK2 repeats itself for 60 s", () => {
    expect(again(first, 1, 60_000)).toEqual({ attempt: first });
  });

  test("one without progress is followed by the other dialect, and says why", () => {
    expect(again(first, 2, 12_000)).toEqual({
      attempt: { ...first, dialect: "direct", xid: 2, since: 12_000 },
      learned: {
        dialect: "direct",
        insteadOf: "redirect",
        reason: "after a redirect offer it fetched nothing and began anew",
      },
    });
  });

  test("and that by the first one again, should both fail", () => {
    const second = again(first, 2, 12_000).attempt;
    expect(again(second, 3, 24_000).attempt.dialect).toBe("redirect");
  });

  test("one that begins anew within 4 s is not judged, but keeps its time", () => {
    let { attempt, learned } = again(first, 2, 1500);
    expect([attempt, learned]).toEqual([{ ...first, xid: 2 }, undefined]);
    ({ attempt, learned } = again(attempt, 3, 3000));
    expect([attempt.since, learned]).toEqual([0, undefined]);
    expect(again(attempt, 4, 4500).learned?.dialect).toBe("direct");
  });

  test("one with progress is followed by the same, which is proven then and given up only after three failures", () => {
    let { attempt } = again({ ...first, progressed: true }, 2, 60_000);
    expect(attempt).toEqual({ ...first, xid: 2, since: 60_000, proven: true });
    for (const xid of [3, 4]) {
      const next = again(attempt, xid, xid * 60_000);
      expect([next.attempt.dialect, next.learned]).toEqual(["redirect", undefined]);
      attempt = next.attempt;
    }
    expect(again(attempt, 5, 500_000).learned?.reason).toBe(
      "after a redirect offer it fetched nothing and began anew 3 times in a row",
    );
  });

  test("a clock that was set back stops nothing", () => {
    expect(again({ ...first, since: 1e9 }, 2, 0).learned?.dialect).toBe("direct");
  });
});
