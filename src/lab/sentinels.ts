import { alpineSentinels } from "./alpine-sentinels.ts";
import { nixosSentinels } from "./nixos-sentinels.ts";

/** A known sign that a boot has failed: what to look for, what it means, what to do. */
export interface Sentinel {
  id: string;
  pattern: RegExp;
  means: string;
  next: string;
  /** Stands on a line that is not ended. Every other sign counts once its line is whole. */
  prompt?: true;
}

/**
 * Every wait races its success against these, so that a boot that cannot succeed any more ends in seconds instead of at
 * its deadline. Order matters: the first that matches names the failure.
 */
export const consoleSentinels: readonly Sentinel[] = [
  {
    id: "rescue-failed",
    pattern: /dryboot-rescue: FAILED.*/,
    means: "the rescue image's init gave up",
    next: "its sentence above names the step; compare the kernel command line in the plan",
  },
  ...alpineSentinels,
  ...nixosSentinels,
  {
    id: "out-of-memory",
    // The kernel's words while it unpacks (init/initramfs.c) and after it (mm/oom_kill.c).
    pattern:
      /.*(?:Initramfs unpacking failed: write error|Kernel panic - not syncing: (?:System is deadlocked on memory|Out of memory)).*/,
    means: "the machine ran out of memory while it started",
    next: "give the machine more memory: 2.5 times its initrds, its kernel and what its userland needs; `./dryboot lint` reckons it",
  },
  {
    id: "kernel-panic",
    pattern: /Kernel panic - not syncing.*/,
    means: "the kernel panicked",
    next: "read the lines before it in its console.log; check the kernel command line (root=, init=, rdinit=) and that kernel and initrd belong together",
  },
  {
    id: "kernel-oops",
    pattern: /(?:BUG: |Oops: |Unable to handle kernel |general protection fault).*/,
    means: "the kernel hit a fault",
    next: "read its console.log from this line on; try another kernel version or more memory",
  },
  {
    id: "live-not-found",
    pattern: /.*Unable to find a live file system on the network.*/,
    means: "live-boot could not fetch its file system",
    next: "look for http.sent of it in timeline.ndjson; where it did not even ask, `fetch=` has an ending that it does not know",
  },
  {
    id: "live-no-card",
    pattern: /.*No supported network device found, maybe a non-mainline driver.*/,
    means: "live-boot found no network card",
    next: "the cloud kernel of the image drives virtio-net and no card that is really built: check `nic`",
  },
  {
    id: "live-wrong-root",
    pattern: /.*A wrong rootfs was mounted\..*/,
    means: "what live-boot fetched is a file system without live-boot in it",
    next: "kernel, initrd and file system belong to one build: build the image again",
  },
  {
    id: "emergency-shell",
    pattern: /.*(?:emergency (?:recovery )?shell|You are in emergency mode).*/i,
    means: "userland gave up and opened an emergency shell",
    next: "read the lines before it in its console.log: the step that failed is named there",
  },
  {
    id: "script-failed",
    pattern: /dryboot: boot failed.*/,
    means: "our iPXE script could not fetch or start what it was told to",
    next: "look for http.sent with a status above 399 in the run (./dryboot trace RUN), and check that the image is whole: ./dryboot image verify",
  },
  {
    id: "efi-stub",
    pattern: /EFI stub: ERROR:.*/,
    means: "the kernel's EFI stub refused to start",
    next: "give the machine more memory, and check `initrd=` against the image's name",
  },
  {
    id: "ipxe-error",
    // What does not stop it: that there is no autoexec.ipxe (1.21 asks once, 2.0 twice), and how many packets it could not send or read.
    // And 00000001 is no error of its own: a script ended with `exit 1`, which hands the machine back to its firmware.
    pattern: /^(?!\/?autoexec\.ipxe\.\.\.| *\[[RT]XE: ).*ipxe\.org\/(?!00000001)[0-9a-f]{8}.*/m,
    means: "iPXE stopped with an error",
    next: "open the address iPXE prints: it explains this error",
  },
  {
    id: "pxe-error",
    pattern: /.*PXE-(?:E|T)[0-9A-F]{2}.*/,
    means: "the firmware's PXE client gave up",
    next: "look for dhcp.silent, tftp.failed and their reasons in the run (./dryboot trace RUN)",
  },
  {
    id: "secure-boot-refused",
    // EDK2 of a loader, shim of what it loads, GRUB of a kernel.
    pattern:
      /BdsDxe: failed to load .*: (?:Access Denied|Security Violation)|.*(?:Verification failed: \(0x1A\)|bad shim signature).*/,
    means: "Secure Boot refused what is not signed by a key it trusts",
    next: 'give it shim and what shim\'s keys have signed (`loader: "shimx64.efi"`), enrol your own key, or boot a lane without Secure Boot',
  },
  {
    id: "nbp-too-big",
    pattern: /.*NBP is too big.*/,
    means: "the loader does not fit the memory a BIOS gives it",
    next: "a UEFI loader was given to a BIOS client: check `loaders` against the architecture that asked",
  },
  {
    id: "no-bootable-device",
    pattern: /No bootable device.*/,
    means: "the firmware found nothing to boot",
    next: "the network boot failed before this line: read what the client and the servers said",
  },
  {
    id: "uefi-shell",
    pattern: /UEFI Interactive Shell.*|Shell> *$/,
    prompt: true,
    means: "the UEFI firmware fell through to its shell",
    next: "its network boot failed or had no driver for the NIC: read the lines before it",
  },
];

/** The first sentinel that the text shows, with the line that shows it. Lines are compared as they were meant. */
export function findSentinel(
  text: string,
  ignore: ReadonlySet<string> = new Set(),
): { sentinel: Sentinel; evidence: string } | undefined {
  const all = unwrap(text);
  const whole = all.slice(0, all.lastIndexOf("\n") + 1);
  for (const sentinel of consoleSentinels) {
    if (ignore.has(sentinel.id)) continue;
    const match = sentinel.pattern.exec(sentinel.prompt ? all : whole);
    if (match) return { sentinel, evidence: match[0].trim() };
  }
  return undefined;
}

/** Firmware ends a line by itself at column 80, in the middle of words and addresses. */
function unwrap(text: string): string {
  return text.replace(/^(.{80})\n(?=\S)/gm, "$1");
}
