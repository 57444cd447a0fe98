import { describe, expect, test } from "vitest";
import { consoleSentinels, findSentinel } from "./sentinels.ts";

describe("signs of failure on the console", () => {
  test("an error that the firmware broke at column 80 is read whole", () => {
    const broken =
      "Configuring (net0 52:54:00:69:00:0a).................. No configuration methods \nsucceeded (http://ipxe.org/040ee119)\n";
    expect(broken.indexOf("\n")).toBe(80);
    expect(findSentinel(broken)).toMatchObject({
      sentinel: { id: "ipxe-error" },
      evidence: expect.stringMatching(/^Configuring .* No configuration methods succeeded .*040ee119\)$/),
    });
  });

  test("errors that iPXE counts, or expects, do not stop it", () => {
    const said = [
      "autoexec.ipxe... Not found (https://ipxe.org/2d12618e)",
      '  [TXE: 1 x "Network unreachable (https://ipxe.org/28086090)"]',
    ];
    expect(said.map((line) => findSentinel(`iPXE initialising devices...\n${line}\n`))).toEqual([
      undefined,
      undefined,
    ]);
    expect(
      findSentinel(
        `${said.join("\n")}\nNo more network devices\n/boot.ipxe... Not found (http://ipxe.org/2d0c613b)\n`,
      )?.evidence,
    ).toMatch(/^\/boot\.ipxe/);
  });

  test("a sentence counts once it is complete", () => {
    expect(findSentinel("Kernel panic - not syncing: VF")).toBeUndefined();
    expect(findSentinel("Kernel panic - not syncing: VFS: no root\n")?.evidence).toMatch(/no root$/);
  });

  test("a prompt counts although its line does not end", () => {
    expect(findSentinel("\nShell> ")?.sentinel.id).toBe("uefi-shell");
  });

  test("every sign says what it means and what to do, under a name of its own", () => {
    expect(new Set(consoleSentinels.map(({ id }) => id)).size).toBe(consoleSentinels.length);
    for (const { means, next } of consoleSentinels) expect(means.length * next.length).toBeGreaterThan(200);
  });
});
