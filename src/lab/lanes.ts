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
  /** What its firmware is given to load, whatever the site gives it; without one, the site's word holds. */
  loader?: string;
  /** The programs that must come over the network before the kernel, in this order; without them, not looked at. */
  loads?: readonly string[];
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
  "bios-undionly": {
    firmware: "bios",
    rom: "default",
    first: { architecture: 0, isIpxe: true },
    over: "tftp",
    loader: "ipxe-2.0.0/undionly.kpxe",
    loads: ["ipxe-2.0.0/undionly.kpxe"],
    nics: cardsWithRom,
    says: "SeaBIOS, and a ROM whose iPXE is too old for the site: it chains undionly.kpxe, which drives the card through it",
  },
  "bios-pxelinux": {
    firmware: "bios",
    rom: "default",
    first: { architecture: 0, isIpxe: true },
    over: "tftp",
    loader: "pxelinux.0",
    loads: ["pxelinux.0", "ldlinux.c32"],
    nics: cardsWithRom,
    says: "SeaBIOS, and a ROM that is given PXELINUX, which fetches everything over TFTP",
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
  "uefi-grub": {
    firmware: "uefi",
    rom: "none",
    first: { architecture: 7, isIpxe: false },
    over: "tftp",
    loader: "grubnetx64.efi",
    loads: ["grubnetx64.efi"],
    nics: cardsOfOvmf,
    says: "OVMF, its own PXE client, and Debian's GRUB",
  },
  "uefi-secure": {
    firmware: "uefi-secure",
    rom: "none",
    first: { architecture: 7, isIpxe: false },
    over: "tftp",
    loader: "shimx64.efi",
    loads: ["shimx64.efi", "grubx64.efi"],
    nics: cardsOfOvmf,
    says: "OVMF that trusts Microsoft's keys alone: shim, Debian's signed GRUB, a signed kernel",
  },
  "arm64-uefi": {
    firmware: "uefi-arm64",
    rom: "none",
    first: { architecture: 11, isIpxe: false },
    over: "tftp",
    loader: "ipxe-1.21.1/ipxe-arm64.efi", // Debian 12 has none for ARM
    loads: ["ipxe-1.21.1/ipxe-arm64.efi"],
    nics: cardsOfOvmf,
    says: "a 64-bit ARM machine: AAVMF, and its own PXE client",
  },
};

export const laneNames = Object.keys(lanes) as LaneName[];
