/** Durations and sizes as a site file writes them (`"90s"`, `"512M"`) and as we print them. Inside, a number names its unit. */

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const sizeUnits: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

/** Milliseconds of `"250ms"`, `"90s"`, `"5m"`, `"12h"` or `"1d"`; undefined when the text is none of these. */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (durationUnits[unit] ?? 1);
}

/** Bytes of `"64K"`, `"512M"` or `"2G"` (powers of 1024); undefined when the text is none of these. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit = ""] = /^(\d+)([KMG])$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (sizeUnits[unit] ?? 1);
}

/** `840 ms`, `3.42 s`, `2 min 05 s`: three significant digits, the unit a person would choose. */
export function formatDuration(ms: number): string {
  // Compared as it will be rounded: 999.6 ms is a second.
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  if (Math.round(ms / 100) < 600) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

const twoDigits = (value: number) => String(value).padStart(2, "0");

/** `512 B`, `9.5 KiB`, `13.5 MiB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
