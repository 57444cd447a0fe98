import { describe, expect, test } from "vitest";
import { corpusGolden, corpusNames, corpusRequests } from "./corpus.fixture.ts";
import type { Replayed } from "./corpus-replay.fixture.ts";
import { replay } from "./corpus-replay.fixture.ts";

const modes = ["server", "proxy"] as const;

describe.each(corpusNames)("%s", (name) => {
  const requests = corpusRequests(name);

  // A change here is a change for that firmware: read the difference, then `vitest -u`.
  test("is answered as when somebody last looked", async () => {
    const text = modes.map((mode) => `== ${mode}\n\n${textOf(replay(requests, mode))}`).join("\n");
    await expect(text).toMatchFileSnapshot(corpusGolden(name));
  });

  test("asked for something, in options that can be read", () => {
    const lines = replay(requests, "server").flatMap((each) => each.lines);
    expect(lines.some((line) => line.startsWith("DHCPDISCOVER"))).toBe(true);
    expect(lines.filter((line) => line.startsWith("issues:"))).toEqual([]);
  });

  // Whoever forges a sender's address must not make us its amplifier.
  test.each(modes)("gets at most three bytes of DHCP for each it sent, from a %s", (mode) => {
    for (const { lines, askedBytes, answeredBytes } of replay(requests, mode)) {
      expect(answeredBytes, lines.join("\n")).toBeLessThanOrEqual(3 * askedBytes);
    }
  });
});

test("there is a corpus", () => expect(corpusNames.length).toBeGreaterThan(10));

function textOf(replayed: readonly Replayed[]): string {
  return replayed.map(({ lines }) => `${lines.join("\n  ")}\n`).join("\n");
}
