import { describe, expect, test } from "vitest";
import { lanes } from "./lanes.ts";
import type { MachineSpec } from "./qemu-command.ts";
import { qemuCommand, rerunScript } from "./qemu-command.ts";

const bios: MachineSpec = {
  name: "node1",
  mac: "52:54:00:69:00:0a",
  uuid: "6a0e0d5e-0000-4000-8000-5254006900aa",
  memoryBytes: 512 * 2 ** 20,
  nic: "virtio-net-pci",
  lane: lanes["bios-pxe"],
  host: { accelerator: "tcg", qemu: "/usr/bin/qemu-system-x86_64" },
  tap: "tap0",
  qmpSocket: "/dev/shm/node1.qmp",
  capture: "/runs/a,b/node1.pcap",
};

const uefi: MachineSpec = {
  ...bios,
  lane: lanes["uefi-pxe"],
  host: {
    ...bios.host,
    firmware: { code: "/usr/share/OVMF/OVMF_CODE_4M.fd", vars: "/usr/share/OVMF/OVMF_VARS_4M.fd" },
  },
};

describe("a machine's QEMU command", () => {
  test("a BIOS machine keeps the NIC's option ROM and shows its screen's text on the serial line", () => {
    const words = qemuCommand(bios, 40069);
    expect(words).toContain("pc,graphics=off");
    expect(words).toContain("virtio-net-pci,netdev=net0,mac=52:54:00:69:00:0a,bootindex=0");
    expect(words.join(" ")).not.toContain("pflash");
  });

  test("a UEFI machine has no option ROM, so that the firmware's own client asks", () => {
    const words = qemuCommand(uefi, 40069);
    expect(words).toContain("virtio-net-pci,netdev=net0,mac=52:54:00:69:00:0a,bootindex=0,romfile=");
    expect(words.filter((word) => word.startsWith("if=pflash"))).toHaveLength(2);
    expect(words).toContain("virtio-rng-pci");
  });

  test("a UEFI machine whose HTTP boot is to come first is told to leave PXE out", () => {
    const withoutPxe = "name=opt/org.tianocore/IPv4PXESupport,string=n";
    expect(qemuCommand(uefi, 40069)).not.toContain(withoutPxe);
    expect(qemuCommand({ ...uefi, lane: lanes["uefi-http"] }, 40069)).toContain(withoutPxe);
  });

  test("an option ROM of the store stands before QEMU's own", () => {
    const host = { ...uefi.host, romFolder: "/store/roms" };
    const words = qemuCommand({ ...uefi, host, lane: lanes["uefi-rom"] }, 40069);
    expect(words.join(" ")).toContain("-L /store/roms");
    expect(words).toContain("virtio-net-pci,netdev=net0,mac=52:54:00:69:00:0a,bootindex=0");
  });

  test("starts paused, with nothing of QEMU's defaults, and full checksums on the wire", () => {
    const words = qemuCommand(bios, 40069);
    expect(words).toEqual(expect.arrayContaining(["-S", "-nodefaults", "-no-user-config"]));
    expect(words.join(" ")).toContain("vnet_hdr=off");
  });

  test("a kernel that QEMU loads itself comes before the network", () => {
    const words = qemuCommand(
      { ...bios, direct: { kernel: "/k", initrd: "/i", commandLine: "quiet" } },
      40069,
    );
    expect(words.join(" ")).toContain("-kernel /k -initrd /i -append quiet");
    expect(words.join(" ")).toContain(",bootindex=1");
  });

  test("disks come after the network, and after a kernel that QEMU loads", () => {
    const disks = [
      { path: "/runs/a,b/disk0", format: "raw" },
      { path: "/runs/disk1", format: "qcow2" },
    ] as const;
    const words = qemuCommand({ ...bios, disks }, 40069).join(" ");
    expect(words).toContain("if=none,id=disk0,format=raw,cache=unsafe,file=/runs/a,,b/disk0");
    expect(words).toContain("virtio-blk-pci,drive=disk0,serial=disk0,bootindex=1");
    expect(words).toContain("virtio-blk-pci,drive=disk1,serial=disk1,bootindex=2");
    const direct = { kernel: "/k", commandLine: "quiet" };
    expect(qemuCommand({ ...bios, disks, direct }, 40069).join(" ")).toContain("serial=disk0,bootindex=2");
  });

  test("a comma in a path stays in the path", () => {
    expect(qemuCommand(bios, 40069).join(" ")).toContain("file=/runs/a,,b/node1.pcap,maxlen=");
  });
});

describe("the script that runs it again", () => {
  test("needs none of the lab's sockets and no tap", () => {
    const script = rerunScript(uefi);
    expect(script).toMatch(/^#!\/bin\/sh\n/);
    for (const gone of ["/dev/shm/node1.qmp", "/dev/shm/node1.console", "tap0,script", "filter-dump"]) {
      expect(script.split("exec ")[1]).not.toContain(gone);
    }
    expect(script).toContain('"$NETDEV"');
    expect(script).toContain("stdio,id=console0");
  });
});
