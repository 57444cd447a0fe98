import { describe, expect, test } from "vitest";
import {
  address,
  biosPxe,
  guestClient,
  ipxeClient,
  pxeClient,
  roleOf,
  Story,
  shoe,
  uefiPxe,
} from "./boots.fixture.ts";
import type { Phase } from "./phase.ts";
import { phasesOf } from "./phases.ts";

const read = (story: Story) => phasesOf(story.facts(), shoe, roleOf);
/** `dhcp 1001-3000 server`, `kernel-fetch 3200- server`. */
const brief = ({ phase, startMs, endMs, source }: Phase) => `${phase} ${startMs}-${endMs ?? ""} ${source}`;
const briefly = (story: Story) => read(story).map(brief);

describe("a boot that succeeds", () => {
  test("over BIOS and an iPXE in ROM needs no loader", () => {
    expect(briefly(biosPxe())).toEqual([
      "power-on 100-100 qmp",
      "firmware 100-1001 qmp",
      "dhcp 1001-3000 server",
      "script 3100-3110 server",
      "kernel-fetch 3200-3600 server",
      "initrd-fetch 3610-3700 server",
      "kernel 4500-5900 serial",
      "initramfs 5900-6000 serial",
      "network 6000-6020 server",
      "ready 6403-6403 server",
    ]);
  });

  test("over UEFI loads iPXE first, which asks for its own lease", () => {
    expect(briefly(uefiPxe())).toEqual([
      "power-on 100-100 qmp",
      "firmware 100-4000 qmp",
      "dhcp 4000-7800 server",
      "loader 7900-8000 server",
      "ipxe-dhcp 8600-8650 server",
      "script 8700-8710 server",
      "kernel-fetch 8720-9200 server",
      "initrd-fetch 9210-9300 server",
      "kernel 10000-11400 serial",
      "initramfs 11400-11500 serial",
      "network 11500-11520 server",
      "ready 11903-11903 server",
    ]);
  });

  test("without a report of its own is ready at its login prompt", () => {
    const story = new Story()
      .powerOn(0)
      .says(900, "Linux version 6.1\n")
      .says(2000, "\nshoe lo")
      .says(2001, "gin: ");
    expect(briefly(story).slice(-2)).toEqual(["kernel 900-2001 serial", "ready 2001-2001 serial"]);
  });

  test("is believed by its report even when the prompt was there before", () => {
    const story = new Story().powerOn(0).leases(10, 20, guestClient, "1").says(2000, "shoe login: ");
    story.at(2100, "machine.ready", { machine: "shoe", address });
    expect(briefly(story).at(-1)).toBe("ready 2100-2100 server");
  });

  test("had its lease when it went on, even if it asked for another and got none", () => {
    const story = new Story()
      .leases(1000, 2000, ipxeClient, "1")
      .asks(2050, "DHCPREQUEST", ipxeClient, "2")
      .at(2051, "dhcp.silent", { mac: shoe.mac, reason: "it chose another server" })
      .downloads(2100, 2110, "/boot.ipxe", 900);
    expect(read(story)[0]).toEqual({ phase: "dhcp", startMs: 1000, endMs: 2000, source: "server" });
  });

  test("is over: what happens later changes nothing", () => {
    const story = biosPxe();
    const before = read(story);
    story
      .says(90_000, "[   90.1] eth0: link up\r\nroot@shoe:~# dmesg\r\n[    0.000000] Linux version 6.1\r\n")
      .leases(90_100, 90_120, guestClient, "0000000d")
      .downloads(90_200, 90_300, "/images/rescue/vmlinuz", 8_000_000);
    expect(read(story)).toEqual(before);
  });
});

describe("a boot that gets stuck", () => {
  const stuck: [where: string, story: () => Story, last: string][] = [
    ["in its firmware", () => new Story().powerOn(100).says(300, "SeaBIOS"), "firmware 100- qmp"],
    [
      "without an answer to DHCP",
      () =>
        new Story()
          .powerOn(100)
          .asks(1000, "DHCPDISCOVER", pxeClient)
          .at(1001, "dhcp.silent", { mac: shoe.mac, reason: "no free address" })
          .asks(5000, "DHCPDISCOVER", pxeClient),
      "dhcp 1000- server",
    ],
    [
      "at the loader, whose size it knows",
      () => {
        const file = "snponly.efi";
        return new Story()
          .leases(1000, 2000, pxeClient, "1")
          .at(2100, "tftp.requested", { id: 1, from: address, port: 1, file, options: {} })
          .at(2101, "tftp.probed", { id: 1, from: address, file, sizeBytes: 99 });
      },
      "loader 2100- server",
    ],
    [
      "in iPXE's own DHCP",
      () =>
        new Story()
          .leases(1000, 2000, pxeClient, "1")
          .loadsOverTftp(2100, 2200, "snponly.efi", 5000)
          .asks(3000, "DHCPDISCOVER", ipxeClient, "2")
          .answers(3001, "DHCPOFFER", "2"),
      "ipxe-dhcp 3000- server",
    ],
    [
      "with a script that does not come",
      () => {
        const story = new Story().leases(1000, 2000, ipxeClient, "1");
        story.gets(2100, "/boot.ipxe");
        return story;
      },
      "script 2100- server",
    ],
    [
      "with a kernel that is not there",
      () =>
        new Story().leases(1000, 2000, ipxeClient, "1").downloads(2100, 2105, "/images/x/vmlinuz", 0, 404),
      "kernel-fetch 2100- server",
    ],
    [
      "in the middle of the initrd",
      () => {
        const story = new Story().leases(1000, 2000, ipxeClient, "1").downloads(2100, 2200, "/x/vmlinuz", 9);
        const id = story.gets(2300, "/x/initrd.gz");
        return story.at(2400, "http.failed", { id, from: address, path: "/x/initrd.gz", reason: "closed" });
      },
      "initrd-fetch 2300- server",
    ],
    [
      "with a kernel that panics",
      () =>
        new Story().powerOn(0).says(900, "Linux version 6.1\r\n").says(1500, "Kernel panic - not syncing"),
      "kernel 900- serial",
    ],
    [
      "in its initramfs",
      () => new Story().powerOn(0).says(900, "Linux version 6.1\r\n").says(1500, "dryboot-rescue: init\r\n"),
      "initramfs 1500- serial",
    ],
    [
      "without a network in userland",
      () =>
        new Story()
          .powerOn(0)
          .says(900, "Linux version 6.1\r\n")
          .asks(1600, "DHCPDISCOVER", guestClient, "2"),
      "network 1600- server",
    ],
  ];

  test.each(stuck)("%s ends there, and its end is unknown", (_, story, last) => {
    expect(briefly(story()).at(-1)).toBe(last);
  });

  test("says what went wrong, until it is put right", () => {
    const story = new Story().leases(1000, 2000, ipxeClient, "1").downloads(2100, 2105, "/x/vmlinuz", 0, 404);
    expect(read(story).at(-1)?.problem).toBe("HTTP 404 for /x/vmlinuz");
    story.downloads(5000, 5400, "/x/vmlinuz", 9);
    expect(read(story).at(-1)).toEqual({
      phase: "kernel-fetch",
      startMs: 2100,
      endMs: 5400,
      source: "server",
    });
  });
});

describe("whose boot it is", () => {
  test("two machines in one timeline are told apart", () => {
    const sock = { name: "sock", mac: "52:54:00:69:00:0b" };
    const other = new Story(sock, "10.69.0.11")
      .powerOn(50)
      .leases(500, 600, ipxeClient, "9")
      .bootsRescue(2000);
    const both = [...biosPxe().facts(), ...other.facts()].sort((a, b) => a.at - b.at);
    expect(phasesOf(both, shoe, roleOf)).toEqual(read(biosPxe()));
    expect(phasesOf(both, sock, roleOf).map(brief)).toEqual([
      "power-on 50-50 qmp",
      "firmware 50-500 qmp",
      "dhcp 500-600 server",
      "kernel 2000-3400 serial",
      "initramfs 3400-3500 serial",
      "network 3500-3520 server",
      "ready 3903-3903 server",
    ]);
  });

  test("an address that was leased to another machine since is that one's", () => {
    const story = new Story().leases(1000, 2000, ipxeClient, "1");
    const mac = "52:54:00:69:00:0b";
    const lease = {
      mac,
      xid: "2",
      messageType: "DHCPACK",
      yiaddr: address,
      to: address,
      reason: "pool",
    } as const;
    story.at(3000, "dhcp.sent", lease).downloads(3100, 3200, "/boot.ipxe", 9);
    expect(briefly(story)).toEqual(["dhcp 1000-2000 server"]);
  });

  test("behind another DHCP server, the address is known by the script's", () => {
    const story = new Story()
      .downloads(3000, 3010, "/boot.ipxe?by=dryboot&mac=52-54-00-69-00-0a", 9)
      .downloads(3100, 3200, "/x/vmlinuz", 9);
    expect(briefly(story)).toEqual(["script 3000-3010 server", "kernel-fetch 3100-3200 server"]);
  });
});

describe("Alpine from memory", () => {
  const boots = (story: Story) =>
    story
      .says(5000, "[    0.000000] Linux version 6.1.0\r\n")
      .says(8000, "Alpine Init 3.9.0-r0\r\n")
      .says(9000, " * Obtaining IP via DHCP (eth0): udhcpc: started, v1.36.1\r\n");
  const installs = (story: Story) =>
    story
      .says(9200, "udhcpc: lease of 10.69.0.10 obtained from 10.69.0.1, lease time 43200\r\nok.\r\n")
      .says(9300, " * Installing packages to root filesystem: fetch http://10.69.0.1/\r\n")
      .downloads(9400, 9500, "/mirror/alpine/v3.19/main/x86_64/APKINDEX.tar.gz", 9)
      .says(20_000, "OK: 10 MiB in 25 packages\r\nok.\r\n")
      .says(21_000, "   OpenRC 0.52.1 is starting up Linux 6.1.0 (x86_64)\r\n")
      .says(40_000, "localhost login: ");
  const installed = ["root 9300-20000 serial", "services 21000-40000 serial", "ready 40000-40000 serial"];

  test("tells its address, its root file system and its services apart", () =>
    expect(briefly(installs(boots(new Story()).leases(9100, 9150, guestClient, "1")))).toEqual([
      "kernel 5000-8000 serial",
      "initramfs 8000-9000 serial",
      "network 9100-9150 server",
      ...installed,
    ]));

  test("says itself when it has its address, where no server of ours gave it", () =>
    expect(briefly(installs(boots(new Story())))).toEqual([
      "kernel 5000-8000 serial",
      "initramfs 8000-9000 serial",
      "network 9000-9200 serial",
      ...installed,
    ]));
});

describe("a machine that resets", () => {
  const reset = (story: Story, ms: number) =>
    story.at(ms, "vm.event", { machine: "shoe", event: "RESET", data: { guest: true } });

  test("before it has done anything is still the same boot", () => {
    expect(briefly(reset(new Story().powerOn(100), 400))).toEqual([
      "power-on 100-100 qmp",
      "firmware 100- qmp",
    ]);
  });

  test("after its kernel boots anew", () => {
    const story = reset(biosPxe(), 60_000).leases(61_000, 62_000, ipxeClient, "e");
    expect(briefly(story)).toEqual([
      "power-on 100-100 qmp",
      "firmware 60000-61000 qmp",
      "dhcp 61000-62000 server",
    ]);
  });
});
