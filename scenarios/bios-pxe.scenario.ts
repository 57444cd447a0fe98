import { expect } from "vitest";
import { scenario } from "../src/test/scenario.ts";

scenario("a BIOS machine boots over the network to a login, and runs what is typed", async ({ lab }) => {
  await lab.netboot("quickstart");
  const machine = await lab.machine("node1", { lane: "bios-pxe" });

  await lab.step("it is switched on", () => machine.powerOn());
  await lab.step("the rescue image asks who logs in", () => lab.isUp(machine));
  await lab.step("root logs in without a password", () => machine.logIn("root"));

  expect(await machine.run("uname -r")).toMatch(/^6\.\d+\.\d+-\d+-cloud-amd64$/);
  expect(await machine.run("hostname")).toBe("node1");
  expect(await machine.run("cat /proc/cmdline")).toMatch(/BOOTIF=01-52-54-00-69-00-0a/i);

  // The option ROM's own iPXE asked, and was told the script at once: no loader in between.
  expect(lab.whatRan(machine)).toMatchObject({ clients: [{ architecture: 0, isIpxe: true }], loaders: [] });
  expect(lab.phases(machine).map(({ phase }) => phase)).toEqual([
    ...["power-on", "firmware", "dhcp", "script", "kernel-fetch", "initrd-fetch"],
    ...["kernel", "initramfs", "network", "ready"],
  ]);
  expect(lab.facts("machine.ready")).toMatchObject([{ machine: "node1", address: "10.69.0.10" }]);
});
