import { expect, test } from "vitest";
import { differenceOf } from "./difference.ts";

const sha = (digit: string) => digit.repeat(64);
const old = {
  ...{
    name: "alpine-netboot-3.19.4-virt",
    level: 3 as const,
    digest: sha("1"),
    commandLine: "console=ttyS0",
  },
  kernel: { name: "vmlinuz-virt", sizeBytes: 10 * 2 ** 20, sha256: sha("2") },
  initrds: [{ name: "initramfs-virt", sizeBytes: 2 ** 20, sha256: sha("3") }],
  files: [{ name: "modloop-virt", sizeBytes: 2 ** 20, sha256: sha("4") }],
  inputs: [
    {
      url: "http://m/v3.19/alpine-netboot-3.19.4-x86_64.tar.gz",
      sizeBytes: 2 ** 20,
      sha256: sha("5"),
      signedBy: "OpenPGP key A",
    },
    { package: "linux-image-cloud-amd64", version: "6.1.1-1", sha256: sha("6") },
  ],
};

test("two builds differ in what they are made from and in what they are", () => {
  const now = {
    ...{ ...old, name: "alpine-netboot-3.20.3-virt", digest: sha("7"), commandLine: "console=ttyS0 quiet" },
    kernel: { ...old.kernel, sizeBytes: 11 * 2 ** 20, sha256: sha("8") },
    inputs: [
      { url: "http://m/v3.20/alpine-netboot-3.20.3-x86_64.tar.gz", sizeBytes: 2 ** 21, sha256: sha("9") },
      { package: "linux-image-cloud-amd64", version: "6.1.2-1", sha256: sha("a") },
    ],
  };
  expect(differenceOf(old, now)).toEqual([
    ["image", "alpine-netboot-3.19.4-virt", "alpine-netboot-3.20.3-virt"],
    ["digest", "111111111111", "777777777777"],
    ["alpine-netboot", "alpine-netboot-3.19.4-x86_64.tar.gz", "alpine-netboot-3.20.3-x86_64.tar.gz"],
    ["alpine-netboot size", "1.0 MiB", "2.0 MiB"],
    ["alpine-netboot sha256", "555555555555", "999999999999"],
    ["alpine-netboot signed by", "OpenPGP key A", "nobody: held to its published digest"],
    ["linux-image-cloud-amd64", "6.1.1-1 (sha256 666666666666)", "6.1.2-1 (sha256 aaaaaaaaaaaa)"],
    [
      "kernel",
      "vmlinuz-virt, 10.0 MiB (sha256 222222222222)",
      "vmlinuz-virt, 11.0 MiB (sha256 888888888888)",
    ],
    ["command line", "-", "quiet"],
  ]);
});

test("a build differs in nothing from itself, and it is said who signed it", () => {
  expect(differenceOf(old, old)).toEqual([["alpine-netboot signed by", "OpenPGP key A", "OpenPGP key A"]]);
});
