import { describe, expect, test } from "vitest";
import { neighbourWarning } from "./neighbour-table.ts";

describe("the kernel's table of neighbours", () => {
  test.each([
    ["is large enough", 1024, 1023],
    ["is nobody's business where the kernel does not say", undefined, 60_000],
  ])("%s", (_, most, machines) => expect(neighbourWarning(most, machines)).toBeUndefined());

  test("is too small for as many machines as there are addresses: said with what to type", () => {
    expect(neighbourWarning(1024, 4000)).toEqual({
      problem: expect.stringMatching(/^4000 machines .* keeps 1024 neighbours/),
      next: expect.stringContaining(
        "`sysctl -w net.ipv4.neigh.default.gc_thresh3=8192 net.ipv4.neigh.default.gc_thresh2=4096`",
      ),
    });
  });
});
