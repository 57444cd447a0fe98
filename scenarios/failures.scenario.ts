import { describe, expect } from "vitest";
import type { Site } from "../src/site/schema.ts";
import { scenario } from "../src/test/scenario.ts";

/** Every machine of the site gets these words on its kernel command line too. */
const withWords = (commandLine: string) => (site: Site) => ({
  ...site,
  machines: site.machines.map((machine) => ({ ...machine, commandLine })),
});

describe("a boot that cannot succeed ends at the first sign of it, and says where", () => {
  scenario("a kernel that panics", async ({ lab }) => {
    await lab.netboot("quickstart");
    const machine = await lab.machine("node1", { lane: "bios-pxe" });
    await machine.powerOn();
    await lab.isUp(machine);
    await machine.logIn("root");

    machine.types("echo c > /proc/sysrq-trigger\n");
    await expect(machine.sees(/never to be seen/, "60s")).rejects.toMatchObject({
      code: "BOOT_KERNEL_PANIC",
      message: expect.stringMatching(/^node1: the kernel panicked: .*sysrq triggered crash/),
      where: expect.stringMatching(/^phase ready, /),
    });
  });

  scenario("a kernel that the server does not have", async ({ lab }) => {
    const netboot = await lab.netboot("quickstart");
    netboot.withdraw("images/rescue/vmlinuz");
    const machine = await lab.machine("node1", { lane: "bios-pxe" });
    await machine.powerOn();

    await expect(lab.isUp(machine)).rejects.toMatchObject({
      code: "BOOT_IPXE_ERROR",
      message: expect.stringMatching(/vmlinuz.*No such file or directory \(http:\/\/ipxe\.org\/2d0c/),
      where: expect.stringMatching(/^phase kernel-fetch, /),
      evidence: expect.arrayContaining([expect.stringMatching(/HTTP 404 .*vmlinuz/)]),
      hint: expect.stringContaining("open the address"),
    });
  });

  scenario("a command line that names no init", async ({ lab }) => {
    await lab.netboot("quickstart", withWords("rdinit=/no/such/init"));
    const machine = await lab.machine("node1", { lane: "bios-pxe" });
    await machine.powerOn();

    await expect(lab.isUp(machine)).rejects.toMatchObject({
      code: "BOOT_KERNEL_PANIC",
      message: expect.stringMatching(/VFS: Unable to mount root fs/),
      where: expect.stringMatching(/^phase kernel, /),
      hint: expect.stringMatching(/rdinit=/),
    });
    expect(machine.console.text).toContain("rdinit=/no/such/init");
  });

  scenario("a DHCP server that keeps silent", async ({ lab }) => {
    await lab.netboot("quickstart", (site) => ({ ...site, dhcp: { ...site.dhcp, mode: "off" } }));
    const machine = await lab.machine("node1", { lane: "bios-pxe" });
    await machine.powerOn();

    await expect(lab.isUp(machine)).rejects.toMatchObject({
      code: "BOOT_DHCP_SILENT",
      message: expect.stringMatching(/left 4 requests in a row unanswered: .*off/),
      where: expect.stringMatching(/^phase dhcp, /),
      hint: expect.stringContaining("site file"),
    });
  });

  scenario("a rescue image whose network card is not the one named", async ({ lab }) => {
    await lab.netboot("quickstart", withWords("BOOTIF=01-52-54-00-ff-ff-ff"));
    const machine = await lab.machine("node1", { lane: "bios-pxe" });
    await machine.powerOn();

    await expect(lab.isUp(machine)).rejects.toMatchObject({
      code: "BOOT_RESCUE_FAILED",
      message: expect.stringMatching(/FAILED to find the network card 52:54:00:ff:ff:ff/),
      where: expect.stringMatching(/^phase initramfs, /),
    });
  });
});
