import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import type { LaneVerdict } from "../lab/lane-host.ts";
import { laneLines, laneRecord } from "./lanes.ts";

const runs: LaneVerdict = {
  state: "runs",
  host: {
    qemu: "/usr/bin/qemu-system-x86_64",
    accelerator: "tcg",
    ran: { qemu: "7.2", accelerator: "TCG", firmware: "SeaBIOS 1.16.2" },
  },
};
const missing: LaneVerdict = {
  state: "missing",
  missing: [{ what: "UEFI firmware (OVMF)", mend: "./dryboot setup" }],
};

describe("the matrix of lanes", () => {
  test("says who asks first, and what a lane lacks with what to type", () => {
    const lines = laneLines(
      [
        ["bios-pxe", runs],
        ["uefi-http", missing],
        ["uefi-rom", { state: "fetches", packages: ["ipxe-qemu of Debian 12"] }],
      ],
      120,
    ).map(stripVTControlCharacters);
    expect(lines.map((line) => line.trim())).toEqual([
      "bios-pxe   runs           SeaBIOS, and the iPXE in QEMU's option ROM",
      "asks first: an iPXE, x86 BIOS, over HTTP",
      "cards:      virtio-net-pci, e1000, e1000e, rtl8139, vmxnet3",
      "uefi-http  missing        OVMF, and its own HTTP Boot client; no TFTP at all",
      "asks first: the firmware, x64 UEFI boot from HTTP, over HTTP",
      "cards:      virtio-net-pci",
      "lacks:      UEFI firmware (OVMF)",
      "to mend:    ./dryboot setup",
      "uefi-rom   fetches first  OVMF, and the iPXE in the NIC's option ROM",
      "asks first: an iPXE, x64 UEFI, over HTTP",
      "cards:      virtio-net-pci, e1000, e1000e, rtl8139, vmxnet3",
      "fetches:    ipxe-qemu of Debian 12, verified and not installed, when it is first booted",
    ]);
  });

  test("is the same for programs", () => {
    expect(laneRecord("bios-pxe", runs)).toMatchObject({
      lane: "bios-pxe",
      state: "runs",
      first: { architecture: 0, isIpxe: true },
      runsWith: { firmware: "SeaBIOS 1.16.2" },
    });
    expect(laneRecord("uefi-http", missing)).toMatchObject({
      state: "missing",
      missing: [{ mend: "./dryboot setup" }],
    });
  });
});
