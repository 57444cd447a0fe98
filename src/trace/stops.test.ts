import { describe, expect, test } from "vitest";
import { address, guestClient, ipxeClient, pxeClient, Story } from "./boots.fixture.ts";
import type { Stop } from "./stops.ts";
import {
  answered,
  asked,
  bootIn,
  firmware,
  from,
  initrd,
  kernel,
  kernelSent,
  loaded,
  loader,
  loopFact,
  scripted,
  silent,
  tftp,
  told,
} from "./transactions.fixture.ts";

const initrdAsked = () => {
  const story = kernelSent();
  story.gets(5500, initrd);
  return story;
};

describe("where a boot stopped, and why (protocols' usual ends, §1.7 and those around it)", () => {
  test.each<[Stop["id"], string, Story, RegExp]>([
    ["not-asked", "switched on and nothing else", new Story().powerOn(1), /boots from something else first/],
    [
      "no-answer",
      "a reason to stay silent",
      silent(new Story().asks(1, "DHCPDISCOVER", pxeClient), 2, "no image"),
      /^no image$/,
    ],
    [
      "elsewhere",
      "another server's client",
      silent(new Story().asks(1, "DHCPDISCOVER", pxeClient), 2, "it chose 10.69.0.2", true),
      /10\.69\.0\.2/,
    ],
    ["no-boot-file", "an address alone", firmware(), /next device without a word/],
    ["no-boot-file", "§1.7, 10: an empty file name", firmware(""), /empty name/],
    ["offer-not-taken", "§1.7, 7: another server won", answered(address, loader), /another server's offer/],
    [
      "proxy-not-taken",
      "a proxy's offer, ignored",
      answered("0.0.0.0", loader),
      /other server names a boot file too/,
    ],
    [
      "not-confirmed",
      "a REQUEST without an ACK",
      silent(answered(address, loader).asks(5000, "DHCPREQUEST", pxeClient), 5001, "it is bound to another"),
      /bound to another/,
    ],
    ["loader-not-asked", "an ACK and no RRQ", firmware(loader), /UDP port 69/],
    [
      "loader-missing",
      "a loader that is not here",
      asked(firmware(loader)).at(2001, "tftp.failed", { ...tftp, reason: "no such file" }),
      /not among the loaders/,
    ],
    [
      "loader-broken-off",
      "a transfer that starves",
      asked(firmware(loader)).at(9000, "tftp.failed", {
        ...tftp,
        reason: "the client did not answer block 7",
      }),
      /block 7/,
    ],
    [
      "loader-rejected",
      "a size probe, then silence",
      asked(firmware(loader)).at(2001, "tftp.probed", { ...tftp, sizeBytes: 9 }),
      /Secure Boot/,
    ],
    ["loader-not-run", "the whole loader, then silence", loaded(), /not started, or crashed: Secure Boot/],
    [
      "loader-loop",
      "§1.7, 1 and 8: the loader loads itself",
      loaded().at(2200, "boot.looping", { ...loopFact, what: "loader", file: loader }),
      /loads itself/,
    ],
    [
      "ipxe-no-answer",
      "§1.7, 2: its loader is not known again",
      silent(loaded().asks(3000, "DHCPDISCOVER", ipxeClient), 3001, "the pool is empty"),
      /pool is empty/,
    ],
    [
      "ipxe-no-script",
      "§1.7, 3: an iPXE that can too little",
      told(loaded(), 3000, ipxeClient),
      /HTTP, menus/,
    ],
    [
      "script-not-asked",
      "a script never asked for",
      told(loaded(), 3000, ipxeClient, "http://10.69.0.1/boot.ipxe"),
      /TCP port 80/,
    ],
    [
      "script-not-asked",
      "the same from a ROM that is an iPXE",
      told(new Story(), 1000, ipxeClient, "http://10.69.0.1/boot.ipxe"),
      /TCP port 80/,
    ],
    [
      "script-broken-off",
      "half a script",
      told(loaded(), 3000, ipxeClient, "http://s/boot.ipxe")
        .at(4000, "http.requested", {
          id: 9,
          from,
          method: "GET",
          path: "/boot.ipxe",
          query: "mac=52-54-00-69-00-0a",
        })
        .at(4001, "http.failed", { id: 9, from, path: "/boot.ipxe", reason: "the client left" }),
      /client left/,
    ],
    [
      "script-loop",
      "§1.7, 5 and 9: scripts that begin again",
      scripted().at(4011, "boot.looping", {
        ...loopFact,
        what: "script",
        file: "boot.ipxe",
        problem: "HTTP 404 for x",
      }),
      /^HTTP 404 for x$/,
    ],
    ["kernel-not-asked", "a script that leads nowhere", scripted(), /nothing to boot/],
    [
      "kernel-missing",
      "a kernel that is not here",
      scripted().downloads(5000, 5001, kernel, 20, 404),
      /no such file/,
    ],
    [
      "kernel-broken-off",
      "half a kernel",
      scripted()
        .at(5000, "http.requested", { id: 9, from, method: "GET", path: kernel })
        .at(5001, "http.failed", { id: 9, from, path: kernel, reason: "the client left" }),
      /client left/,
    ],
    [
      "initrd-missing",
      "an initrd that is not here",
      kernelSent().downloads(5500, 5501, initrd, 20, 404),
      /not whole/,
    ],
    ["initrd-broken-off", "an initrd under way", initrdAsked(), /did not end/],
    [
      "kernel-silent",
      "all fetched, then silence",
      kernelSent().downloads(5500, 5600, initrd, 9),
      /panicked, or runs without a driver/,
    ],
    [
      "userland-no-lease",
      "an operating system without an address",
      silent(kernelSent().asks(9000, "DHCPDISCOVER", guestClient), 9001, "no address of the pool is free"),
      /no address of the pool/,
    ],
    [
      "userland-not-ready",
      "one that has an address",
      kernelSent().leases(9000, 9010, guestClient, "7"),
      /hangs or failed/,
    ],
  ])("%s: %s", (id, _, story, why) => {
    const boot = bootIn(story);
    expect(boot?.stop).toMatchObject({ id, why: expect.stringMatching(why) });
    expect(boot?.outcome).toBe(id === "userland-not-ready" ? "up" : "stopped");
  });

  test("tells a BIOS machine's loader from a UEFI one's", () => {
    const bios = { vendorClassIdentifier: "PXEClient:Arch:00000:UNDI:002001", clientSystemArch: [0] };
    const boot = bootIn(told(new Story(), 1000, bios, loader).loadsOverTftp(2000, 2100, loader, 9));
    expect(boot?.stop?.why).toContain("too large for the memory a BIOS has for it");
  });

  test("quotes nothing that a terminal would obey", () => {
    const stop = bootIn(silent(new Story().asks(1, "DHCPDISCOVER", pxeClient), 2, "\u001b[2Jgone"))?.stop;
    expect(stop?.why).toBe("?[2Jgone");
  });
});
