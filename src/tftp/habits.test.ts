import { describe, expect, test } from "vitest";
import { emptyWhenMissing, isProbe, namesFor } from "./habits.ts";

describe("names to look for", () => {
  test.each([
    ["snponly.efi", ["snponly.efi"]],
    ["undionly.kpxe.0", ["undionly.kpxe.0", "undionly.kpxe"]], // a PXE menu's layer
    ["pxelinux.0", ["pxelinux.0", "pxelinux"]],
    ["9ffefdef/start4.elf", ["9ffefdef/start4.elf", "start4.elf"]], // Raspberry Pi
    ["dc-a6-32-01-02-03/config.txt", ["dc-a6-32-01-02-03/config.txt", "config.txt"]],
    ["9ffefdef/overlays/x.dtbo", ["9ffefdef/overlays/x.dtbo", "overlays/x.dtbo"]],
    ["9ffefdef/a.0", ["9ffefdef/a.0", "a.0", "9ffefdef/a", "a"]],
    ["boot/9ffefdef", ["boot/9ffefdef"]],
    [".0", [".0"]],
    ["a/.0", ["a/.0"]],
  ])("%s: %j", (path, names) => expect(namesFor(path)).toEqual(names));
});

test.each([
  ["grub/x86_64-efi/command.lst", true],
  ["boot/grub/i386-pc/fs.lst", true],
  ["grub/arm64-efi/crypto.lst", true],
  ["grub/x86_64-efi/normal.mod", false],
  ["packages.lst", false],
  ["x86_64-efi/a/b.lst", false],
])("an empty file for a missing %s: %s", (path, empty) => expect(emptyWhenMissing(path)).toBe(empty));

test.each([
  ["pxelinux.cfg/5f3c0a1e-0000-4000-8000-52540069000a", true],
  ["boot/pxelinux.cfg/01-52-54-00-69-00-0a", true],
  ["pxelinux.cfg/C0A8", true],
  ["grub/grub.cfg-01-52-54-00-69-00-0a", true],
  ["grub/x86_64-efi/command.lst", true],
  ["9ffefdef/start4.elf", true],
  ["config.txt", true],
  ["autoexec.ipxe", true],
  ["shim_certificate_1.efi", true],
  ["C0A80102.img", true],
  ["ldlinux.c32", false],
  ["snponly.efi", false],
  ["vmlinuz", false],
])("%s is a probe: %s", (path, probe) => expect(isProbe(path)).toBe(probe));
