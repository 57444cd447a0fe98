import { describe, expect, test } from "vitest";
import { findSentinel } from "./sentinels.ts";

const system = "/nix/store/55yvp6akpdxcjrvhzmnb4bjsilighrr9-nixos-system-nixos-kexec-26.05";
const asks =
  "An error occurred in stage 1 of the boot process, which must mount the root filesystem on `/mnt-root' and then start stage 2.  Press one of the following keys:";

describe("signs that NixOS cannot go on", () => {
  test.each([
    ["nixos-init-missing", `stage 2 init script (/mnt-root/${system}/init) not found\n\n${asks}\n`],
    ["nixos-init-missing", `Failed to canonicalize /sysroot${system}/init: No such file or directory\n`],
    ["nixos-init-missing", `${system} does not look like a NixOS installation - not activating\n`],
    ["nixos-init-missing", `Failed to verify init ${system}/init is inside a NixOS toplevel\n`],
    ["nixos-init-missing", "[!!!!] Switch root target contains no usable init.\n"],
    ["nixos-init-count", "No init= parameter on the kernel command line\n"],
    ["nixos-init-count", "Expected exactly one init param on kernel cmdline\n"],
    [
      "nixos-root-twice",
      "Failed to create unit file '/run/systemd/generator/sysroot.mount', as it already exists. Duplicate entry in '/etc/fstab'?\n",
    ],
    [
      "nixos-initrd-missing",
      `[    1.9] Kernel panic - not syncing: Requested init ${system}/init failed (error -2).\n`,
    ],
    [
      "nixos-store-missing",
      `mount: mounting ../nix-store.squashfs on nix/.ro-store failed: No such file or directory\n${asks}\n`,
    ],
    [
      "nixos-store-missing",
      "[FAILED] Failed to mount sysroot-nix-.ro\\x2dstore.mount - /sysroot/nix/.ro-store.\n",
    ],
    ["nixos-store-missing", "[FAILED] Failed to mount /sysroot/nix/.ro-store.\nYou are in emergency mode.\n"],
    ["nixos-stage-1", `waiting for device /dev/sda1 to appear...\n${asks}\n`],
    ["out-of-memory", "[    1.4] Kernel panic - not syncing: System is deadlocked on memory\n"],
    ["out-of-memory", "[    1.4] Initramfs unpacking failed: write error\n"],
    ["efi-stub", "EFI stub: ERROR: Failed to load initrd: 0x8000000000000009\n"],
    ["efi-stub", "EFI stub: ERROR: Failed to alloc highmem for files\n"],
  ])("%s: %j", (id, text) => expect(findSentinel(text)?.sentinel.id).toBe(id));

  test.each([
    "mounting ../nix-store.squashfs on /nix/.ro-store...\n",
    "         Mounting /sysroot/nix/.ro-store...\n[  OK  ] Mounted /sysroot/nix/.ro-store.\n",
    "<<< NixOS Stage 1 >>>\nloading module loop...\nstarting device mapper and LVM...\n",
  ])("none is %j", (text) => expect(findSentinel(text)).toBeUndefined());
});
