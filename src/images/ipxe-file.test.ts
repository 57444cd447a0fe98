import { describe, expect, test } from "vitest";
import { efiProgram, pxeProgram } from "./ipxe-build.fixture.ts";
import { recogniseIpxe } from "./ipxe-file.ts";

describe("a file of an iPXE build", () => {
  test.each([
    ["undionly.kpxe", pxeProgram(), { serve: "undionly.kpxe", firmware: "bios", cpu: "x86" }],
    ["ipxe.pxe", pxeProgram(), { serve: "ipxe.pxe", firmware: "bios", cpu: "x86" }],
    ["snponly.efi", efiProgram(0x8664), { serve: "snponly.efi", firmware: "uefi", cpu: "x64" }],
    ["ipxe-amd64.efi", efiProgram(0x8664), { serve: "ipxe.efi", firmware: "uefi", cpu: "x64" }],
    ["snponly.efi", efiProgram(0xaa64), { serve: "snponly-arm64.efi", firmware: "uefi", cpu: "arm64" }],
    ["ipxe-arm64.efi", efiProgram(0xaa64), { serve: "ipxe-arm64.efi", firmware: "uefi", cpu: "arm64" }],
    ["ipxe.efi", efiProgram(0x014c), { serve: "ipxe-i386.efi", firmware: "uefi", cpu: "ia32" }],
    [
      "ipxe.efi",
      efiProgram(0x8664, "iPXE\u00001.21.1+ (g1a2b3)\u0000"),
      { serve: "ipxe.efi", firmware: "uefi", cpu: "x64", version: "1.21.1+ (g1a2b3)" },
    ],
  ])("%s is recognised by what it holds", (name, bytes, file) => {
    expect(recogniseIpxe(name, bytes)).toEqual(file);
  });

  test.each([
    ["an EFI program of another processor", "ipxe.efi", efiProgram(0x5064)],
    ["an EFI driver", "ipxe.efi", efiProgram(0x8664, "", 11)],
    ["an EFI program called otherwise", "undionly.kpxe", efiProgram(0x8664)],
    ["a BIOS program called otherwise", "ipxe.efi", pxeProgram()],
    ["an ELF program", "ipxe.pxe", Buffer.from(`\u007fELF${"x".repeat(1000)}`)],
    ["nothing", "ipxe.efi", new Uint8Array()],
    ["a header that points behind the end", "ipxe.efi", efiProgram(0x8664).subarray(0, 150)],
    ["a name with a folder in it", "../ipxe.efi", efiProgram(0x8664)],
  ])("%s is none", (_, name, bytes) => {
    expect(recogniseIpxe(name, bytes)).toBeUndefined();
  });

  test("any beginning of one is read without a fault", () => {
    const whole = efiProgram(0x8664, "\0iPXE\0");
    for (let length = 0; length < whole.length; length += 7) {
      expect(() => recogniseIpxe("ipxe.efi", whole.subarray(0, length))).not.toThrow();
    }
  });
});
