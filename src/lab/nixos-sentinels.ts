import type { Sentinel } from "./sentinels.ts";

/**
 * How NixOS says that it cannot go on, a script up to 25.11 and systemd since 26.05. Those that name the cause stand above
 * the one that both causes end in.
 */
export const nixosSentinels: readonly Sentinel[] = [
  {
    id: "nixos-store-missing",
    // mount's words of either make, and systemd's, which may put the unit's escaped name in between.
    pattern: /.*(?:mount: .*nix-store\.squashfs.*|Failed to mount .*nix\S*\.ro\S*store.*)/,
    means: "the initrd came without the store of this NixOS",
    next: "the second half of its initrd holds it: check that the file is whole (./dryboot image verify) and that nothing cut it short",
  },
  {
    id: "nixos-init-missing",
    pattern:
      /.*(?:stage 2 init script \(\S+\) not found|Failed to canonicalize \S+: No such file|does not look like a NixOS installation - not activating|Failed to verify init .* NixOS toplevel|Switch root target contains no usable init).*/,
    means: "`init=` names a system that is not in the store of this initrd",
    next: "kernel, initrd and `init=` belong to one build: take all three from the same netboot.ipxe, and leave `init=` out of the site file",
  },
  {
    id: "nixos-init-count",
    pattern:
      /.*(?:No init= parameter on the kernel command line|Expected exactly one init param on kernel cmdline).*/,
    means: "NixOS was not told once and clearly which system to start",
    next: "one `init=` is needed and the image brings it: say `commandLine` instead of `replaceCommandLine`, without an `init=`",
  },
  {
    id: "nixos-root-twice",
    pattern: /.*Failed to create unit file '\S*sysroot\.mount', as it already exists.*/,
    means: "the command line names a root file system besides the one that the image brings",
    next: "take `root=` out of the site file: the initrd of a NixOS netboot knows where its root is",
  },
  {
    id: "nixos-initrd-missing",
    pattern: /.*Kernel panic - not syncing: Requested init \/nix\/store\/.*/,
    means: "the kernel looked for NixOS itself: it was started without an initrd, or with an empty one",
    next: "look for the initrd among what was fetched (./dryboot trace RUN), and check that the image is whole: ./dryboot image verify",
  },
  {
    id: "nixos-stage-1",
    pattern: /.*An error occurred in stage 1 of the boot process.*/,
    means: "stage 1 of NixOS could not make a root file system, and waits for a key",
    next: "the lines above it in its console.log name the step; `boot.panic_on_fail` with `panic=1` ends such a boot by itself",
  },
];
