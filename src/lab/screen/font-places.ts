import type { Lane } from "../lanes.ts";

const mebibyte = 2 ** 20;

/** Where a machine's memory holds the fonts of its firmware, nearest first. */
export function scannedMemory(machine: {
  firmware: Lane["firmware"];
  memoryBytes: number;
}): { begin: number; sizeBytes: number }[] {
  // The VGA BIOS lies where a PC's option ROMs lie.
  if (machine.firmware === "bios") return [{ begin: 0xc0000, sizeBytes: 128 * 1024 }];
  // UEFI fills its memory, which begins at 1 GiB on ARM, from above. More than 2 GiB goes on elsewhere on a PC.
  const sizeBytes = 64 * mebibyte;
  const base = machine.firmware === "uefi-arm64" ? 1024 * mebibyte : 0;
  const end = base + Math.min(machine.memoryBytes, 2048 * mebibyte);
  return [{ begin: Math.max(base, end - sizeBytes), sizeBytes }];
}
