/** Firmware, NIC and boot path together: which client code really runs. */
export interface Lane {
  firmware: "bios" | "uefi";
  /** `default`: QEMU's option ROM takes the NIC. `none`: the firmware's own driver and client do. */
  rom: "default" | "none";
  /** Option 93 of the client that must ask first; another one means that the lane did not run what it promises. */
  architecture: number;
  /** Whether that first client must be an iPXE (option 175), or must not be. */
  firstClientIsIpxe: boolean;
  says: string;
}

export const lanes = {
  "bios-pxe": {
    firmware: "bios",
    rom: "default",
    architecture: 0,
    firstClientIsIpxe: true,
    says: "SeaBIOS, and the iPXE in QEMU's option ROM",
  },
  "uefi-pxe": {
    firmware: "uefi",
    rom: "none",
    architecture: 7,
    firstClientIsIpxe: false,
    says: "OVMF, and its own PXE client (the NIC has no option ROM)",
  },
} as const satisfies Record<string, Lane>;

export type LaneName = keyof typeof lanes;

export const laneNames = Object.keys(lanes) as LaneName[];
