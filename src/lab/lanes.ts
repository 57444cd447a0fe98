import type { UefiKind } from "../host/firmware-places.ts";
import type { SiteLane, SiteMachine } from "../site/resolve.ts";

export type LaneName = SiteLane;
export type Nic = SiteMachine["nic"];

/** Firmware, NIC and boot path together: which client code really runs. */
export interface Lane {
  firmware: "bios" | UefiKind;
  /**
   * What takes the NIC. `default`: the option ROM QEMU gives it. `none`: no ROM, so the firmware's own driver and client.
   * `ipxe`: a ROM that holds a whole iPXE for this firmware; distributions' default ones may hold only a driver.
   */
  rom: "default" | "none" | "ipxe";
  /** Who must ask first, by options 93 and 175; anybody else means that the lane did not run what it promises. */
  first: Readonly<{ architecture: number; isIpxe: boolean }>;
  /** How the first file must travel. Over HTTP means that nothing is asked over TFTP at all. */
  over: "tftp" | "http";
  /** Cards whose driver is in the firmware or in the ROM. */
  nics: readonly Nic[];
  says: string;
}

/** QEMU has an iPXE ROM for each. */
const cardsWithRom: readonly Nic[] = ["virtio-net-pci", "e1000", "e1000e", "rtl8139", "vmxnet3"];
/** OVMF as Debian builds it drives no other card by itself. */
const cardsOfOvmf: readonly Nic[] = ["virtio-net-pci"];

export const lanes: Readonly<Record<LaneName, Lane>> = {
  "bios-pxe": {
    firmware: "bios",
    rom: "default",
    first: { architecture: 0, isIpxe: true },
    over: "http",
    nics: cardsWithRom,
    says: "SeaBIOS, and the iPXE in QEMU's option ROM",
  },
  "uefi-pxe": {
    firmware: "uefi",
    rom: "none",
    first: { architecture: 7, isIpxe: false },
    over: "tftp",
    nics: cardsOfOvmf,
    says: "OVMF, and its own PXE client (the NIC has no option ROM)",
  },
  "uefi-http": {
    firmware: "uefi",
    rom: "none",
    first: { architecture: 16, isIpxe: false },
    over: "http",
    nics: cardsOfOvmf,
    says: "OVMF, and its own HTTP Boot client; no TFTP at all",
  },
  "uefi-rom": {
    firmware: "uefi",
    rom: "ipxe",
    first: { architecture: 7, isIpxe: true },
    over: "http",
    nics: cardsWithRom,
    says: "OVMF, and the iPXE in the NIC's option ROM",
  },
  "arm64-uefi": {
    firmware: "uefi-arm64",
    rom: "none",
    first: { architecture: 11, isIpxe: false },
    over: "tftp",
    nics: cardsOfOvmf,
    says: "a 64-bit ARM machine: AAVMF, and its own PXE client",
  },
};

export const laneNames = Object.keys(lanes) as LaneName[];
