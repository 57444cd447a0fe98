import { describe, expect, test } from "vitest";
import { ConsoleMarks } from "./console-marks.ts";

const read = (...pieces: string[]) => {
  const marks = new ConsoleMarks();
  return pieces.flatMap((piece) => marks.read(piece));
};

describe("what a console shows", () => {
  test.each([
    ["[    0.000000] Linux version 6.1.0-38-cloud-amd64 (debian-kernel@…)\r\n", "kernel"],
    ["EFI stub: Loaded initrd from command line option\r\n", "kernel"],
    ["[    1.402153] Run /init as init process\r\n", "initramfs"],
    ["dryboot-rescue: init\r\n", "initramfs"],
    ["Starting system log daemon: syslogd, klogd.\r\n", "initramfs"],
    ["Debian GNU/Linux 12 shoe ttyS0\r\n\r\nshoe login: ", "ready"],
    ["Alpine Init 3.9.0-r0\r\n", "initramfs"],
    [" * Obtaining IP via DHCP (eth0): udhcpc: started, v1.36.1\r\n", "network"],
    [" * Installing packages to root filesystem: fetch http://10.69.0.1/main\r\n", "root"],
    [
      "   \x1b[32;01mOpenRC\x1b[0m \x1b[36;01m0.52.1\x1b[0m is starting up \x1b[34;01mLinux 6.1.0\x1b[0m\r\n",
      "services",
    ],
    ["<<< NixOS Stage 1 >>>\r\n", "initramfs"],
    ["         Mounting \x1b[0;1;39m/sysroot\x1b[0m...\r\n", "initramfs"],
    ["\x1b[1;32m<<< NixOS Stage 2 >>>\x1b[0m\r\n", "root"],
    [
      "[\x1b[0;32m  OK  \x1b[0m] Reached target \x1b[0;1;39minitrd-switch-root.target\x1b[0m - Switch Root.\r\n",
      "root",
    ],
    ["[  OK  ] Reached target Switch Root.\r\n", "root"],
    ["starting systemd...\r\n", "services"],
    ["Welcome to \x1b[0;38;2;82;119;195mNixOS 26.05 (Yarara)\x1b[0m!\r\n", "services"],
    ["nixos login: nixos (automatic login)\r\n", "ready"],
  ])("%j begins %s", (text, phase) => expect(read(text)).toContainEqual({ phase }));

  test.each([
    ["udhcpc: lease of 10.69.0.10 obtained from 10.69.0.1, lease time 43200\r\n", "network"],
    ["\x1b7100% ####\x1b8\x1b[0K\r\nOK: 10 MiB in 25 packages\r\n", "root"],
  ])("%j ends %s", (text, phase) => expect(read(text)).toEqual([{ phase, ends: true }]));

  test.each([
    "iPXE 1.0.0+ -- Open Source Network Boot Firmware\r\n",
    "Last login: Fri Nov 20\r\n",
    "<<< Welcome to NixOS 26.05 (x86_64) - ttyS0 >>>\r\n",
    "BdsDxe: starting Boot0001 [UEFI PXEv4]\r\n",
  ])("%j begins nothing", (text) => expect(read(text)).toEqual([]));

  test("counts wherever the pieces are cut", () => {
    const text = "\x1b[0mdryboot-rescue: init\r\n\x1b[1mshoe login: ";
    for (let cut = 1; cut < text.length; cut += 1) {
      const seen = new Set(read(text.slice(0, cut), text.slice(cut)).map(({ phase }) => phase));
      expect(seen, `cut after ${cut}`).toEqual(new Set(["initramfs", "ready"]));
    }
  });

  test("costs no more memory for a line that never ends", () => {
    const marks = new ConsoleMarks();
    for (let piece = 0; piece < 1000; piece += 1) expect(marks.read("x".repeat(4096))).toEqual([]);
    expect(marks.read("\ndryboot-rescue: init\n")).toEqual([{ phase: "initramfs" }]);
  });
});
