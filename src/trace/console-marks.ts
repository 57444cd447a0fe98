import { ConsoleText } from "../lab/console-text.ts";
import type { PhaseName } from "./phase.ts";

/** A phase that a console shows the beginning of, or the end. */
export type Mark = Readonly<{ phase: PhaseName; ends?: true }>;

/** What a serial console shows when a guest enters a phase; the first line that matches is the moment. */
const begins: readonly (readonly [PhaseName, RegExp])[] = [
  // The kernel's banner; the EFI stub, which speaks before it; any printk line, when `quiet` hides the banner.
  ["kernel", /Linux version \d|^EFI stub: |^\[ {0,4}\d+\.\d{6}\] /],
  ["initramfs", /dryboot-rescue: init\b/],
  ["initramfs", /Run \/\S+ as init process/], // the kernel's own words, at log level info (init/main.c)
  ["initramfs", /Starting system log daemon/], // debian-installer's busybox init
  ["initramfs", /Loading, please wait\.\.\./], // Debian's initramfs-tools
  ["initramfs", /Alpine Init \d/],
  ["initramfs", /<<< NixOS Stage 1 >>>/], // NixOS up to 25.11
  ["initramfs", /\bRunning in initrd\.|\bMounting \/sysroot\b/], // systemd, in NixOS's initrd since 26.05
  ["network", /^ ?\*? ?(?:Obtaining IP via DHCP|Setting IP) \(/], // Alpine's init
  ["network", /^udhcpc: started\b/],
  ["root", /Installing packages to root filesystem: /], // Alpine's init
  // A root that is there is left at once for what it holds: both are named by the word of handing over.
  ["root", /<<< NixOS Stage 2 >>>|\bReached target (?:\S+ - )?Switch Root\b/],
  ["services", /^starting systemd\.\.\./], // NixOS up to 25.11
  ["services", /^Welcome to NixOS\b/], // systemd's banner; the login's begins with <<<
  ["services", /OpenRC \S+ is starting up\b/],
  // A prompt has no line end: it is the line that stands there unfinished.
  ["ready", /\blogin: ?$/],
  ["ready", /\blogin: \S+ \(automatic login\)/], // agetty in its place, where a user is logged in unasked
];

/** And when it is done with one, which is not always the moment at which the next begins. */
const ends: readonly (readonly [PhaseName, RegExp])[] = [
  ["network", /^udhcpc: lease of \S+ obtained\b/],
  ["root", /\bOK: (?!0 MiB in 0 ).* in \d+ packages/], // apk, perhaps behind its bar
];

/** A guest may write as long a line as it likes; marks stand near the beginning of theirs. */
const longestLine = 1024;

/** Reads one console as it comes, in pieces that end anywhere, and names the phases it shows. */
export class ConsoleMarks {
  #text = new ConsoleText();
  #line = "";

  /** What this piece shows, in the order of its lines; may say the same again. */
  read(bytes: string): Mark[] {
    const lines = `${this.#line}${this.#text.append(bytes)}`.split("\n");
    const unfinished = lines.at(-1) ?? "";
    this.#line = unfinished.slice(0, longestLine);
    return lines.flatMap((line) => marksOf(line.slice(0, longestLine)));
  }
}

function marksOf(line: string): Mark[] {
  const shown = ([, pattern]: readonly [PhaseName, RegExp]) => pattern.test(line);
  return [
    ...begins.filter(shown).map(([phase]): Mark => ({ phase })),
    ...ends.filter(shown).map(([phase]): Mark => ({ phase, ends: true })),
  ];
}
