import { describe, expect, test } from "vitest";
import { negotiate } from "./options.ts";

const limits = { maxBlksize: 1468, maxWindowsize: 64, timeoutMs: 1000 };
const agree = (requested: Record<string, string>, sizeBytes = 70_000) =>
  negotiate(new Map(Object.entries(requested)), sizeBytes, limits);

describe("option negotiation", () => {
  test("without options everything is as in RFC 1350 and nothing is acknowledged", () => {
    expect(agree({})).toEqual({ blksize: 512, windowsize: 1, timeoutMs: 1000, oack: new Map() });
  });

  test("what EDK2 asks for is agreed to as asked", () => {
    const { blksize, windowsize, oack } = agree({ tsize: "0", blksize: "1468", windowsize: "4" });
    expect({ blksize, windowsize }).toEqual({ blksize: 1468, windowsize: 4 });
    expect(Object.fromEntries(oack)).toEqual({ tsize: "70000", blksize: "1468", windowsize: "4" });
  });

  test.each([
    ["blksize", "8", "8"],
    ["blksize", "1428", "1428"],
    ["blksize", "65464", "1468"],
    ["blksize", "99999999", "1468"],
    ["blksize", "7", undefined],
    ["blksize", "-1", undefined],
    ["blksize", "0x200", undefined],
    ["blksize", "", undefined],
    ["windowsize", "1", "1"],
    ["windowsize", "64", "64"],
    ["windowsize", "65535", "64"],
    ["windowsize", "65536", undefined],
    ["windowsize", "0", undefined],
    ["timeout", "1", "1"],
    ["timeout", "30", "30"],
    ["timeout", "31", undefined],
    ["timeout", "0", undefined],
    ["timeout", "1.5", undefined],
    ["tsize", "0", "70000"],
    ["tsize", "5", "70000"],
    ["tsize", "?", undefined],
    ["rollover", "0", undefined],
    ["__proto__", "1", undefined],
  ])("%s %j is answered with %j", (name, asked, answered) => {
    expect(negotiate(new Map([[name, asked]]), 70_000, limits).oack.get(name)).toBe(answered);
  });

  test("a declined option leaves the default in force", () => {
    expect(agree({ blksize: "7", windowsize: "0", timeout: "99" })).toMatchObject({
      blksize: 512,
      windowsize: 1,
      timeoutMs: 1000,
    });
  });

  test("an agreed timeout is what we wait", () => expect(agree({ timeout: "3" }).timeoutMs).toBe(3000));
});
