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
      "/autoexec.ipxe... Not found (https://ipxe.org/2d12618e)", // 2.0.0 asks once more, at the root
      '  [TXE: 1 x "Network unreachable (https://ipxe.org/28086090)"]',
      "Could not boot image: Error 0x00000001 (http://ipxe.org/00000001)", // `exit 1` leaves a UEFI machine to its disk
    ];
    expect(said.map((line) => findSentinel(`iPXE initialising devices...\n${line}\n`))).toEqual(
      said.map(() => undefined),
    );
    expect(
      findSentinel(
        `${said.join("\n")}\nNo more network devices\n/boot.ipxe... Not found (http://ipxe.org/2d0c613b)\n`,
      )?.evidence,
    ).toMatch(/^\/boot\.ipxe/);
  });

  test("firmware that refuses a loader says why in as few words as these", () => {
    const path =
      "PciRoot(0x0)/Pci(0x3,0x0)/MAC(52540069000A,0x1)/IPv4(0.0.0.0,0x0,DHCP,0.0.0.0,0.0.0.0,0.0.0.0)";
    const failed = `BdsDxe: failed to load Boot0001 "UEFI PXEv4 (MAC:52540069000A)" from ${path}`;
    expect(findSentinel(`${failed}: Access Denied\n`)?.sentinel.id).toBe("secure-boot-refused");
    expect(findSentinel(`${failed}: Not Found\n`)).toBeUndefined();
    expect(findSentinel("error: bad shim signature.\n")?.sentinel.id).toBe("secure-boot-refused");
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
