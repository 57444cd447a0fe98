import { describe, expect } from "vitest";
import { siteFor } from "../src/lab/lane-site.ts";
import type { LaneName } from "../src/lab/lanes.ts";
import { lanes } from "../src/lab/lanes.ts";
import type { Machine } from "../src/lab/machine.ts";
import type { ScenarioLab } from "../src/test/scenario.ts";
import { scenario } from "../src/test/scenario.ts";
import { laneProblem } from "../src/trace/lane-check.ts";

/** Boots node1 of the quickstart by a lane to a login, and holds the lane to what it promises. */
async function boots(lab: ScenarioLab, lane: LaneName): Promise<Machine> {
  await lab.netboot("quickstart", (site) => siteFor(site, lane));
  const machine = await lab.machine("node1", { lane });
  await lab.step("it is switched on", () => machine.powerOn());
  await lab.step("the rescue image asks who logs in", () => lab.isUp(machine, "150s"));
  await lab.step("root logs in without a password", () => machine.logIn("root"));
  expect(await machine.run("hostname")).toBe("node1");
  expect(laneProblem(lanes[lane], lab.whatRan(machine))).toBeUndefined();
  return machine;
}

describe("each lane is proven by what asked and what ran", () => {
  scenario(
    "uefi-http: the firmware fetches its loader by HTTP Boot, and nothing by TFTP",
    async ({ lab }) => {
      const machine = await boots(lab, "uefi-http");

      const [first] = lab.facts("dhcp.received");
      expect(first).toMatchObject({
        clientSystemArch: [16],
        vendorClassIdentifier: expect.stringMatching(/^HTTPClient:Arch:00016:UNDI:/),
      });
      // The firmware takes an offer only from who says that he means HTTP, too.
      expect(lab.facts("dhcp.sent")[0]).toMatchObject({ bootfileName: "http://10.69.0.1/snponly.efi" });
      // EDK2 asks for the size before it fetches.
      const asked = lab.facts("http.requested").filter(({ path }) => path === "snponly.efi");
      expect(asked.map(({ method }) => method)).toEqual(["HEAD", "GET"]);
      expect(lab.whatRan(machine)).toMatchObject({
        clients: [{ architecture: 16, isIpxe: false }, { isIpxe: true }],
        loaders: ["snponly.efi"],
        transports: ["http"],
      });
    },
  );

  scenario("uefi-rom: the iPXE in the card's option ROM asks, and needs no loader", async ({ lab, skip }) => {
    const why = await lab.whyNot("uefi-rom");
    skip(why !== undefined, why);
    const machine = await boots(lab, "uefi-rom");

    expect(await machine.run("test -d /sys/firmware/efi && echo booted by EFI")).toBe("booted by EFI");
    expect(lab.whatRan(machine)).toMatchObject({
      clients: [{ architecture: 7, isIpxe: true }],
      loaders: [],
      transports: ["http"],
    });
  });

  scenario(
    "bios-undionly: a ROM that is too old for the site chains undionly.kpxe",
    async ({ lab, skip }) => {
      const why = await lab.whyNot("bios-undionly");
      skip(why !== undefined, why);
      const machine = await boots(lab, "bios-undionly");

      // What it chained has no driver of its own: it reached the network by the ROM's, and says who it is.
      expect(machine.console.text).toMatch(/net0: 52:54:00:69:00:0a using undionly on /);
      expect(lab.whatRan(machine)).toMatchObject({
        clients: [
          { architecture: 0, isIpxe: true },
          { architecture: 0, isIpxe: true, ipxeVersion: "2.0.0" },
        ],
        loaders: ["ipxe-2.0.0/undionly.kpxe"],
        transports: ["tftp", "http"],
        script: true,
      });
    },
  );

  scenario(
    "bios-pxelinux: the ROM is given PXELINUX, which fetches everything over TFTP",
    async ({ lab, skip }) => {
      const why = await lab.whyNot("bios-pxelinux");
      skip(why !== undefined, why);
      const machine = await boots(lab, "bios-pxelinux");

      expect(machine.console.text).toContain("PXELINUX 6.04");
      const ran = lab.whatRan(machine);
      expect(ran.clients).toHaveLength(1); // the ROM alone asked: PXELINUX takes over its address
      expect(ran).toMatchObject({ loaders: ["pxelinux.0", "ldlinux.c32"], transports: ["tftp", "http"] });
      expect(lab.facts("tftp.sent").map(({ file }) => file)).toEqual(
        expect.arrayContaining(["images/rescue/vmlinuz", "images/rescue/initrd.img"]),
      );
    },
  );

  scenario("uefi-grub: the firmware is given GRUB, which fetches over HTTP", async ({ lab, skip }) => {
    const why = await lab.whyNot("uefi-grub");
    skip(why !== undefined, why);
    const machine = await boots(lab, "uefi-grub");

    expect(lab.whatRan(machine).clients).toMatchObject([{ architecture: 7, isIpxe: false }]);
    expect(lab.facts("tftp.sent").map(({ file }) => file)).toContain("grub/grub.cfg");
    expect(lab.facts("http.sent")).toContainEqual(
      expect.objectContaining({ path: "images/rescue/vmlinuz", status: 200 }),
    );
  });

  scenario("uefi-secure: shim, GRUB and kernel are each verified before they run", async ({ lab, skip }) => {
    const why = await lab.whyNot("uefi-secure");
    skip(why !== undefined, why);
    const machine = await boots(lab, "uefi-secure");

    // The firmware told the kernel, which locks itself down for it.
    expect(machine.console.text).toContain("UEFI Secure Boot is enabled");
    expect(await machine.run("dmesg | grep -c 'secureboot: Secure boot enabled'")).toBe("1");
    expect(lab.whatRan(machine)).toMatchObject({
      clients: [{ architecture: 7, isIpxe: false }],
      loaders: ["shimx64.efi", "grubx64.efi"],
    });
  });

  scenario(
    "arm64-uefi: an ARM machine's firmware asks, and boots a kernel for ARM",
    async ({ lab, skip }) => {
      const why = await lab.whyNot("arm64-uefi");
      skip(why !== undefined, why);
      const machine = await boots(lab, "arm64-uefi");

      expect(await machine.run("uname -m -r")).toMatch(/-cloud-arm64 aarch64$/);
      expect(lab.facts("dhcp.received")[0]).toMatchObject({
        clientSystemArch: [11],
        vendorClassIdentifier: expect.stringMatching(/^PXEClient:Arch:00011:UNDI:/),
      });
      expect(lab.whatRan(machine)).toMatchObject({
        clients: [
          { architecture: 11, isIpxe: false },
          { architecture: 11, isIpxe: true },
        ],
        loaders: ["ipxe-1.21.1/ipxe-arm64.efi"],
      });
    },
  );
});

describe("what a lane must refuse", () => {
  scenario("firmware with Secure Boot does not start an iPXE that nobody signed", async ({ lab, skip }) => {
    const why = await lab.whyNot("uefi-secure");
    skip(why !== undefined, why);
    await lab.netboot("quickstart");
    const machine = await lab.machine("node1", { lane: "uefi-secure" });
    await machine.powerOn();

    await expect(lab.isUp(machine)).rejects.toMatchObject({
      code: "BOOT_SECURE_BOOT_REFUSED",
      message: expect.stringMatching(/failed to load Boot\d{4} "UEFI PXEv4 .*: Access Denied$/),
      where: expect.stringMatching(/^phase loader, /),
    });
    // It had it, whole, before it looked whether it may run it.
    expect(lab.whatRan(machine)).toMatchObject({
      clients: [{ architecture: 7, isIpxe: false }],
      loaders: ["snponly.efi"],
    });
  });
});

describe("each card that a lane names has a driver in the option ROMs", () => {
  scenario.for([
    ["e1000", "bios-pxe"],
    ["e1000e", "bios-pxe"],
    ["rtl8139", "bios-pxe"],
    ["vmxnet3", "bios-pxe"],
    ["e1000", "uefi-rom"],
  ] as const)("%s asks by %s, and fetches a whole kernel", async ([nic, lane], { lab, skip }) => {
    const why = await lab.whyNot(lane);
    skip(why !== undefined, why);
    await lab.netboot("quickstart", (site) => ({
      ...site,
      machines: site.machines.map((machine) => ({ ...machine, nic })),
    }));
    const machine = await lab.machine("node1", { lane });
    await machine.powerOn();

    // The kernel has a driver for virtio-net alone, and says so: that far the card's ROM brought it.
    await expect(lab.isUp(machine)).rejects.toMatchObject({
      code: "BOOT_RESCUE_FAILED",
      message: expect.stringMatching(/FAILED to find a network card/),
    });
    expect(laneProblem(lanes[lane], lab.whatRan(machine))).toBeUndefined();
    expect(lab.facts("http.sent")).toContainEqual(
      expect.objectContaining({ path: "images/rescue/initrd.img", status: 200 }),
    );
  });
});
