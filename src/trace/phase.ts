/** The named spans of a boot, in the order a boot goes through them. Any of them may be absent. */
export const phaseNames = [
  "power-on",
  "firmware",
  "dhcp",
  "loader",
  "ipxe-dhcp",
  "script",
  "kernel-fetch",
  "initrd-fetch",
  "kernel",
  "initramfs",
  "network",
  "root",
  "services",
  "ready",
] as const;

export type PhaseName = (typeof phaseNames)[number];

/** Who says so, the most trustworthy first: a server timed it itself, QMP is QEMU's word, serial output is the guest's. */
export const sources = ["server", "qmp", "serial"] as const;

export type Source = (typeof sources)[number];

export interface Phase {
  phase: PhaseName;
  /** On the timeline's clock, as a fact's `at`. */
  startMs: number;
  /** Absent: nothing has shown its end, so it lasts, or nobody knows. */
  endMs?: number;
  /** Who showed its start. */
  source: Source;
  /** What last went wrong in it and was not made good since. May quote the client: print with care. */
  problem?: string;
}

/** The machine whose boot is followed, out of all that a timeline tells of. */
export interface TracedMachine {
  name: string;
  /** Lower case with colons, as DHCP facts write it. */
  mac: string;
}

/** What a file is to a boot, judged by the name a client asks for. */
export type FileRole = "loader" | "script" | "kernel" | "initrd";
export type RoleOf = (path: string) => FileRole | undefined;

export const orderOf = (name: PhaseName): number => phaseNames.indexOf(name);
