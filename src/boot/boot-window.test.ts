import { describe, expect, test } from "vitest";
import { BootWindows, isBootRequest, usualBootMs } from "./boot-window.ts";

const lengthMs = usualBootMs;
const everybody = () => true;
const mac = "52:54:00:69:00:0a";

describe("the time in which a machine boots", () => {
  test("begins when its firmware or loader asks DHCP, and with each of them anew", () => {
    const windows = new BootWindows(everybody);
    expect(windows.closedBecause(mac, lengthMs, 0)).toMatch(/saw no firmware/);
    windows.opened(mac, 0);
    expect(windows.closedBecause(mac, lengthMs, lengthMs)).toBeUndefined();
    expect(windows.closedBecause(mac, lengthMs, lengthMs + 1)).toBe(
      "its firmware asked DHCP 30 minutes ago, and a boot has 30 minutes",
    );
    windows.opened(mac, lengthMs + 2);
    expect(windows.closedBecause(mac, lengthMs, lengthMs + 3)).toBeUndefined();
  });

  test("ends when the machine is ready, until it is switched on again", () => {
    const windows = new BootWindows(everybody);
    windows.opened(mac, 0);
    windows.ended(mac, 60_000);
    expect(windows.closedBecause(mac, lengthMs, 180_000)).toBe("it reported 2 minutes ago that it is ready");
    windows.opened(mac, 200_000);
    expect(windows.closedBecause(mac, lengthMs, 200_000)).toBeUndefined();
  });

  test("is each machine's own", () => {
    const windows = new BootWindows(everybody);
    windows.opened(mac, 0);
    expect(windows.closedBecause("02:00:00:00:00:01", lengthMs, 0)).toBeDefined();
  });

  test("is kept of known machines alone, whoever else asks", () => {
    const windows = new BootWindows((asker) => asker === mac);
    windows.opened(mac, 0);
    for (let i = 0; i < 5000; i += 1) windows.opened(`02:00:00:00:${i >> 8}:${i & 0xff}`, 0);
    expect(windows.closedBecause(mac, lengthMs, 0)).toBeUndefined();
    expect(windows.closedBecause("02:00:00:00:0:1", lengthMs, 0)).toMatch(/saw no firmware/);
  });
});

describe("a DHCP request", () => {
  test.each([
    ["PXE firmware", { clientSystemArch: [7], vendorClassIdentifier: "PXEClient:Arch:00007:UNDI:003016" }],
    ["UEFI HTTP Boot", { vendorClassIdentifier: "HTTPClient:Arch:00016:UNDI:003001" }],
    ["an iPXE that says nothing else", { ipxeFeatures: [] }],
    ["firmware that forgets option 93", { vendorClassIdentifier: "HW-Client" }],
  ])("of %s begins a boot", (_, signs) => {
    expect(isBootRequest(signs)).toBe(true);
  });

  test.each([
    ["systemd-networkd or dhclient", {}],
    ["BusyBox", { vendorClassIdentifier: "udhcp 1.36.1" }],
    ["dhcpcd", { vendorClassIdentifier: "dhcpcd-9.4.1:Linux-6.1.0:x86_64:GenuineIntel" }],
  ])("of %s does not", (_, signs) => {
    expect(isBootRequest(signs)).toBe(false);
  });
});
