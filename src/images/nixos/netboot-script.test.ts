import { describe, expect, test } from "vitest";
import { nixosCommandLine } from "./boot-words.ts";
import { readNetbootScript } from "./netboot-script.ts";

const system =
  "/nix/store/0y5wdcpk4rqzvbp1chvqhiz0cl94hrl8-nixos-system-nixos-kexec-25.11beta-193477.gfedcba";
const script = (kernel: string, rest = "initrd initrd\nboot\n") =>
  `#!ipxe\n# Use the cmdline variable\nkernel ${kernel}\n${rest}`;
const words = `init=${system}/init initrd=initrd nohibernate loglevel=4 lsm=landlock,yama,bpf`;

describe("netboot.ipxe", () => {
  test("says which files a build is, and with which words it starts", () => {
    expect(readNetbootScript(script(`bzImage ${words} \${cmdline}`), "netboot.ipxe")).toEqual({
      kernel: "bzImage",
      initrd: "initrd",
      words: [`init=${system}/init`, "nohibernate", "loglevel=4", "lsm=landlock,yama,bpf"],
      label: "25.11beta-193477.gfedcba",
      hook: true,
    });
  });

  test("of a release names whole addresses, and one of an older NixOS leaves no room for words", () => {
    const at = "https://example.org/releases/download/nixos-26.05";
    const text = script(
      `${at}/bzImage-x86_64-linux init=${system}/init initrd=initrd-x86_64-linux root=fstab`,
      `initrd ${at}/initrd-x86_64-linux\r\nboot`,
    );
    expect(readNetbootScript(text, "netboot.ipxe")).toMatchObject({
      kernel: `${at}/bzImage-x86_64-linux`,
      initrd: `${at}/initrd-x86_64-linux`,
      words: [`init=${system}/init`, "root=fstab"],
      hook: false,
    });
  });

  test("may be written as iPXE reads it: lines continued, options before the file", () => {
    const text = `#!ipxe\nkernel --name k bzImage \\\n  ${words}\ninitrd initrd && boot\n`;
    expect(readNetbootScript(text, "netboot.ipxe")).toMatchObject({ kernel: "bzImage", initrd: "initrd" });
  });

  test.each([
    ["a page in its place", "<!doctype html><title>Not found</title>", /#!ipxe/],
    ["no kernel", "#!ipxe\ninitrd initrd\nboot\n", /0 lines with `kernel`/],
    ["two kernels", `${script(`bzImage ${words}`)}kernel other ${words}\n`, /2 lines with `kernel`/],
    ["two initrds", script(`bzImage ${words}`, "initrd one\ninitrd two\n"), /2 lines with `initrd`/],
    ["no init", script("bzImage initrd=initrd loglevel=4"), /0 `init=`/],
    ["two", script(`bzImage ${words} init=${system}/init`), /2 `init=`/],
    ["an init that is none of Nix's", script("bzImage init=/bin/sh"), /not the init of a system/],
    ["one that climbs out", script(`bzImage init=${system}/../../../bin/init`), /not the init of a system/],
    [
      "letters that Nix's hashes have not",
      script(`bzImage init=${system.replace("0y5w", "eout")}/init`),
      /not the init/,
    ],
    ["two roots", script(`bzImage ${words} root=fstab root=/dev/sda1`), /more than one `root=`/],
    ["words that only iPXE knows", script(`bzImage ${words} \${kernel-params}`), /no plain word/],
    ["variables of ours", script(`bzImage ${words} x={var.secret}`), /no plain word/],
    ["more than any build says", script(`bzImage ${words} ${"x ".repeat(40_000)}`), /longer/],
  ])("%s is refused", (_, text, why) => {
    expect(() => readNetbootScript(text, "netboot.ipxe")).toThrow(
      expect.objectContaining({ code: "NIXOS_NOT_BOOTABLE", message: expect.stringMatching(why) }),
    );
  });
});

test("an image's command line ends with the serial console, which it names once", () => {
  const line = (more: string) =>
    nixosCommandLine(readNetbootScript(script(`bzImage ${words} ${more}`), "netboot.ipxe"));
  const own = `init=${system}/init nohibernate loglevel=4 lsm=landlock,yama,bpf`;
  expect(line("")).toBe(`${own} console=ttyS0,115200`);
  expect(line("console=ttyS0,115200n8 console=ttyAMA0,115200n8 console=tty0")).toBe(
    `${own} console=ttyAMA0,115200n8 console=tty0 console=ttyS0,115200`,
  );
});
