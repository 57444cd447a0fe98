import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, onTestFinished } from "vitest";
import { siteFor } from "../src/lab/lane-site.ts";
import { scenario } from "../src/test/scenario.ts";
import { bootDisk, diskSays } from "./disks/boot-disk.ts";

scenario.for([
  ["bios-pxe", "bios"],
  ["uefi-pxe", "uefi"],
] as const)(
  "a machine that was installed over %s boots from its own disk from then on",
  async ([lane, firmware], { lab }) => {
    await lab.netboot("quickstart", (site) => ({
      ...site,
      machines: site.machines.map((machine) => ({
        ...machine,
        boot: "install-once",
        disks: [{ size: "4M" }],
      })),
    }));
    const machine = await lab.machine("node1", { lane });
    await lab.step("it is switched on, with an empty disk", () => machine.powerOn());
    await lab.step("the image that installs is up, and has reported ready", () => lab.isUp(machine));
    await machine.logIn("root");

    await lab.step("it writes its disk", async () => {
      const disk = gzipSync(bootDisk(), { level: 9 }).toString("base64");
      // The shell of busybox takes lines of up to a thousand characters.
      for (const piece of disk.match(/.{1,700}/g) ?? []) await machine.run(`echo ${piece} >>disk`);
      await machine.run("base64 -d disk | gunzip >/dev/vda && sync");
    });
    machine.types("reboot -f\n");
    await lab.step("what is on the disk runs", () =>
      machine.sees(new RegExp(diskSays[firmware]), "60s", { ignore: ["guest-reset"] }),
    );

    // It went by way of us: asked what to boot, it was told its own disk.
    expect(machine.console.text).toMatch(/node1: rescue has reported ready once: booting from its own disk/);
  },
);

scenario.for([
  ["bios-pxelinux", "bios"],
  ["uefi-grub", "uefi"],
] as const)("a machine of %s is left to its own disk", async ([lane, firmware], { lab, skip }) => {
  const why = await lab.whyNot(lane);
  skip(why !== undefined, why);
  const folder = await mkdtemp(join(tmpdir(), "dryboot-disk-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "disk.img");
  await writeFile(file, bootDisk());
  await lab.netboot("quickstart", (site) => {
    const machines = site.machines.map((machine) => ({
      ...machine,
      boot: "local" as const,
      disks: [{ file }],
    }));
    return siteFor({ ...site, machines }, lane);
  });
  const machine = await lab.machine("node1", { lane });
  await lab.step("it is switched on", () => machine.powerOn());
  await lab.step("what is on the disk runs", () => machine.sees(new RegExp(diskSays[firmware]), "60s"));
  expect(lab.facts("boot.turned")).toMatchObject([
    { machine: "node1", says: "booting from its own disk, as was asked for" },
  ]);
});
