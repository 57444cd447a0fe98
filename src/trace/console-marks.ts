import { ConsoleText } from "../lab/console-text.ts";
import type { PhaseName } from "./phase.ts";

/** What a serial console shows when a guest enters a phase; the first line that matches is the moment. */
const marks: readonly (readonly [PhaseName, RegExp])[] = [
  // The kernel's banner; the EFI stub, which speaks before it; any printk line, when `quiet` hides the banner.
  ["kernel", /Linux version \d|^EFI stub: |^\[ {0,4}\d+\.\d{6}\] /],
  ["initramfs", /dryboot-rescue: init\b/],
  ["initramfs", /Run \/\S+ as init process/], // the kernel's own words, at log level info (init/main.c)
  ["initramfs", /Starting system log daemon/], // debian-installer's busybox init
  ["initramfs", /Loading, please wait\.\.\./], // Debian's initramfs-tools
  ["initramfs", /Alpine Init \d/],
  ["initramfs", /<<< NixOS Stage 1 >>>/],
  // A prompt has no line end: it is the line that stands there unfinished.
  ["ready", /\blogin: ?$/],
];

/** A guest may write as long a line as it likes; marks stand near the beginning of theirs. */
const longestLine = 1024;

/** Reads one console as it comes, in pieces that end anywhere, and names the phases it shows. */
export class ConsoleMarks {
  #text = new ConsoleText();
  #line = "";

  /** The phases that this piece is the first sign of, in the order of its lines; may name one again. */
  read(bytes: string): PhaseName[] {
    const lines = `${this.#line}${this.#text.append(bytes)}`.split("\n");
    const unfinished = lines.at(-1) ?? "";
    this.#line = unfinished.slice(0, longestLine);
    return lines.flatMap((line) => marksOf(line.slice(0, longestLine)));
  }
}

function marksOf(line: string): PhaseName[] {
  return marks.filter(([, pattern]) => pattern.test(line)).map(([phase]) => phase);
}
