import { describe, expect, test } from "vitest";
import {
  installedIpxe,
  ipxeFileFor,
  ipxeReleases,
  knownLoader,
  knownLoaders,
  loaderKind,
  parseLoaderName,
} from "./known-loaders.ts";

describe("the name of a loader", () => {
  test.each([
    ["snponly.efi", { file: "snponly.efi" }],
    ["ipxe-2.0.0/snponly.efi", { ipxe: "2.0.0", file: "snponly.efi" }],
    ["ipxe-mine/undionly.kpxe", { ipxe: "mine", file: "undionly.kpxe" }],
    ["boot/snponly.efi", { file: "boot/snponly.efi" }],
    ["ipxe-2.0.0/deep/snponly.efi", { file: "ipxe-2.0.0/deep/snponly.efi" }],
  ])("%s says which iPXE is meant, and which file", (name, parsed) => {
    expect(parseLoaderName(name)).toEqual(parsed);
  });

  test.each([
    ["undionly.kpxe", "ipxe"],
    ["ipxe-1.21.1/ipxe.efi", "ipxe"],
    ["x86_64/ipxe-snponly-x86_64.efi", "ipxe"],
    ["pxelinux.0", "pxelinux"],
    ["bios/lpxelinux.0", "pxelinux"],
    ["grubnetx64.efi", "grub"],
    ["http://10.69.0.1/grubnetx64.efi", "grub"],
    ["EFI/GRUBx64.efi", "grub"],
    ["shimx64.efi", "grub"], // what it loads
    ["http://10.69.0.1/shimx64.efi", "grub"],
    ["ldlinux.c32", undefined],
  ])("%s is %s", (name, kind) => {
    expect(loaderKind(name)).toBe(kind);
  });

  test("every loader is known by its own name, and by no other's", () => {
    for (const known of knownLoaders) {
      expect(knownLoader(known.file)).toBe(known);
      expect(loaderKind(known.file)).toBe(known.kind);
    }
  });
});

test("a release has a file for ARM64 from 1.21.1 on; what is installed may have none", () => {
  expect(ipxeReleases.map(({ version }) => [version, ipxeFileFor("arm64", version)])).toEqual([
    ["1.0.0", undefined],
    ["1.21.1", "ipxe-arm64.efi"],
    ["2.0.0", "ipxe-arm64.efi"],
  ]);
  expect(ipxeFileFor("arm64", installedIpxe)).toBeUndefined();
});
