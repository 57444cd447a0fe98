import { wantsHttp } from "../boot/loaders.ts";
import { cpuModels } from "../host/accelerator.ts";
import type { Disk } from "./disks.ts";
import type { LaneHost } from "./lane-host.ts";
import type { Lane, Nic } from "./lanes.ts";

/** A kernel that QEMU loads itself. */
export interface DirectKernel {
  kernel: string;
  initrd?: string;
  commandLine: string;
}

/** What the firmware says of the machine. */
export type Smbios = Readonly<{ manufacturer?: string; product?: string; serial?: string; asset?: string }>;

/** What one virtual machine is made of. Paths are as QEMU sees them. */
export interface MachineSpec {
  name: string;
  mac: string;
  uuid: string;
  smbios?: Smbios;
  memoryBytes: number;
  nic: Nic;
  lane: Lane;
  /** Its files are only read. */
  host: Omit<LaneHost, "ran">;
  /** Boots this kernel directly instead of the network (a baseline to compare with). */
  direct?: DirectKernel;
  /** Tried in this order, after the network. */
  disks?: readonly Disk[];
  tap: string;
  qmpSocket: string;
  capture: string;
}

/** Packets are cut here in the capture: headers, DHCP and TFTP requests whole, bulk data not. */
const captureBytes = 600;

/** Where the machine's lines lead: into the lab, or to a terminal. */
interface Wiring {
  netdev: string;
  console: string;
  rest: readonly string[];
}

/** The QEMU command line of a machine. Everything is named: nothing comes from QEMU's defaults or a user's config. */
export function qemuCommand(spec: MachineSpec, consolePort: number): string[] {
  return command(spec, {
    // vnet_hdr=off: frames carry full checksums, and the capture holds plain Ethernet.
    netdev: `tap,id=net0,ifname=${spec.tap},script=no,downscript=no,vhost=off,vnet_hdr=off`,
    console: `socket,id=console0,host=127.0.0.1,port=${consolePort},nodelay=on`,
    rest: [
      ...[
        "-object",
        `filter-dump,id=capture0,netdev=net0,file=${escapeComma(spec.capture)},maxlen=${captureBytes}`,
      ],
      ...["-chardev", `socket,id=qmp0,path=${spec.qmpSocket}`, "-mon", "chardev=qmp0,mode=control"],
      // A guest that ends stays to be looked at: we quit it ourselves.
      ...["-action", "reboot=reset,shutdown=pause,panic=pause", "-S"],
    ],
  });
}

/**
 * The same machine as a script that runs as it stands, on this terminal: its network is QEMU's own unless NETDEV names
 * another, and its firmware variables begin anew.
 */
export function rerunScript(spec: MachineSpec): string {
  const words = command(spec, {
    netdev: netdevMark,
    console: "stdio,id=console0,mux=on,signal=off",
    rest: ["-mon", "chardev=console0"],
  });
  return [
    "#!/bin/sh",
    "# The machine of this run, as QEMU was started, on this terminal (Ctrl-A x ends it).",
    "# The lab's network and servers are gone; the whole boot again: ./dryboot boot --keep",
    '# Another network: NETDEV="tap,id=net0,ifname=tap0,script=no,downscript=no" sh this-script',
    `NETDEV="\${NETDEV:-user,id=net0}"`,
    `exec${words.map((word) => (word.startsWith("-") ? " \\\n  " : " ") + shellWord(word)).join("")}`,
    "",
  ].join("\n");
}

const netdevMark = "$NETDEV";

const machineTypes = {
  // graphics=off sends the screen's text to the serial line too; the option ROM's iPXE has no other way there.
  bios: "pc,graphics=off",
  uefi: "q35",
  "uefi-secure": "q35,smm=on",
  "uefi-arm64": "virt",
} as const satisfies Record<Lane["firmware"], string>;

/** What firmware and kernel both draw on. */
const screens = {
  bios: "VGA",
  uefi: "VGA",
  "uefi-secure": "VGA",
  "uefi-arm64": "ramfb", // that machine has no place for a VGA's old addresses
} as const satisfies Record<Lane["firmware"], string>;

function cpuModel({ host, lane }: MachineSpec): string {
  // `max` would have pointer authentication, which costs an emulated kernel a third of its time.
  return lane.firmware === "uefi-arm64" ? "cortex-a72" : cpuModels[host.accelerator];
}

function command(spec: MachineSpec, wiring: Wiring): string[] {
  const { host, lane } = spec;
  return [
    host.qemu,
    ...["-name", spec.name, "-nodefaults", "-no-user-config", "-display", "none"],
    ...["-machine", machineTypes[lane.firmware]],
    ...["-accel", host.accelerator, "-cpu", cpuModel(spec)],
    ...["-smp", "1", "-m", `${Math.ceil(spec.memoryBytes / 2 ** 20)}M`, "-rtc", "base=utc"],
    ...["-uuid", spec.uuid, ...smbios(spec)],
    ...(host.romFolder === undefined ? [] : ["-L", host.romFolder]),
    ...(host.firmware ? pflash(host.firmware, lane) : []),
    ...(spec.direct ? directKernel(spec.direct) : []),
    ...["-device", screens[lane.firmware]],
    // OVMF offers no network boot without a random number generator (edk2-stable202405 on).
    ...["-device", "virtio-rng-pci"],
    ...["-netdev", wiring.netdev, "-device", card(spec)],
    ...diskDrives(spec),
    ...["-chardev", wiring.console, "-serial", "chardev:console0"],
    ...wiring.rest,
  ];
}

/** Its serial number is its name, unless it is said to be something else. */
function smbios({ name, smbios = {} }: MachineSpec): string[] {
  const { manufacturer = "dryboot", product = "lab", serial = name, asset } = smbios;
  const system = Object.entries({ manufacturer, product, serial });
  const fields = system.map(([key, value]) => `${key}=${escapeComma(value)}`);
  const chassis = asset === undefined ? [] : ["-smbios", `type=3,asset=${escapeComma(asset)}`];
  return ["-smbios", ["type=1", ...fields].join(","), ...chassis];
}

function card(spec: MachineSpec): string {
  const rom = spec.lane.rom === "none" ? ",romfile=" : "";
  // A kernel that QEMU loads itself comes first, and brings a ROM with index 0.
  const bootindex = spec.direct ? 1 : 0;
  return `${spec.nic},netdev=net0,mac=${spec.mac},bootindex=${bootindex}${rom}`;
}

/** Behind the network card: a machine that finds nothing there goes on to its disks. */
function diskDrives({ disks = [], direct }: MachineSpec): string[] {
  return disks.flatMap(({ path, format }, index) => {
    const id = `disk${index}`;
    const bootindex = (direct ? 2 : 1) + index;
    return [
      // cache=unsafe: what the guest flushes has to survive QEMU, not this host.
      ...["-drive", `if=none,id=${id},format=${format},cache=unsafe,file=${escapeComma(path)}`],
      ...["-device", `virtio-blk-pci,drive=${id},serial=${id},bootindex=${bootindex}`],
    ];
  });
}

function pflash({ code, vars }: { code: string; vars: string }, { firmware, first }: Lane): string[] {
  return [
    // Only firmware in system management mode may write to its variables: else anybody could put other keys there.
    ...(firmware === "uefi-secure" ? ["-global", "driver=cfi.pflash01,property=secure,value=on"] : []),
    ...["-drive", `if=pflash,unit=0,format=raw,readonly=on,file=${escapeComma(code)}`],
    // snapshot=on: the variables begin as the distribution ships them, and what is written to them goes with QEMU.
    ...["-drive", `if=pflash,unit=1,format=raw,snapshot=on,file=${escapeComma(vars)}`],
    // Each address family that fails costs its own time-outs, and we serve IPv4.
    ...["-fw_cfg", "name=opt/org.tianocore/IPv6PXESupport,string=n"],
    // There is no switch that puts HTTP first, but without PXE it is.
    ...(wantsHttp(first.architecture) ? ["-fw_cfg", "name=opt/org.tianocore/IPv4PXESupport,string=n"] : []),
  ];
}

function directKernel({ kernel, initrd, commandLine }: DirectKernel): string[] {
  return ["-kernel", kernel, ...(initrd === undefined ? [] : ["-initrd", initrd]), "-append", commandLine];
}

/** QEMU splits option values at commas; a doubled one is a comma. */
function escapeComma(text: string): string {
  return text.replaceAll(",", ",,");
}

function shellWord(word: string): string {
  if (word === netdevMark) return `"${word}"`;
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
