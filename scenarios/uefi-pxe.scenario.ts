import { expect } from "vitest";
import { scenario } from "../src/test/scenario.ts";

scenario("a UEFI machine boots by its firmware's own PXE client to a login", async ({ lab }) => {
  await lab.netboot("quickstart");
  const machine = await lab.machine("node1", { lane: "uefi-pxe" });

  await lab.step("it is switched on", () => machine.powerOn());
  await lab.step("the rescue image asks who logs in", () => lab.isUp(machine));
  await lab.step("root logs in without a password", () => machine.logIn("root"));

  expect(await machine.run("uname -r")).toMatch(/^6\.\d+\.\d+-\d+-cloud-amd64$/);
  expect(await machine.run("test -d /sys/firmware/efi && echo booted by EFI")).toBe("booted by EFI");

  // The NIC has no option ROM, so that EDK2 must be who asks first: its vendor class, its architecture, no option 175.
  const [first] = lab.facts("dhcp.received");
  expect(first).toMatchObject({
    messageType: "DHCPDISCOVER",
    clientSystemArch: [7],
    vendorClassIdentifier: expect.stringMatching(/^PXEClient:Arch:00007:UNDI:/),
  });
  expect(first?.ipxeFeatures).toBeUndefined();
  // It asks for the size first and breaks that off with ERROR 8, as EDK2 does on purpose.
  expect(lab.facts("tftp.probed")).toHaveLength(1);
  expect(lab.whatRan(machine)).toMatchObject({
    clients: [{ isIpxe: false }, { architecture: 7, isIpxe: true }],
    loaders: ["snponly.efi"],
  });
});
