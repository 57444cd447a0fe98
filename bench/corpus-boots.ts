import type { Dialect } from "../src/dhcp/dialect.ts";
import type { Suite } from "../src/host/apt-sources.ts";

/** A file of a package: of this host's own, or of another suite's, which is fetched and never installed. */
export type PackageFile = Readonly<{ suite: Suite; package: string; path: string }>;

/** One boot whose conversation is kept. */
export type CorpusBoot = Readonly<{
  name: string;
  /** Absent: SeaBIOS as QEMU has it. */
  uefi?: Readonly<{ code: PackageFile; vars: PackageFile; http?: true }>;
  /** The NIC's option ROM; without one the firmware's own client asks. */
  rom?: PackageFile;
  /** What is served by name, over TFTP and HTTP. */
  files: Readonly<Record<string, PackageFile>>;
  /** Addresses come from another server, and we are the proxy beside it that speaks so. */
  beside?: Dialect;
  /** Boot file of a client that is no iPXE, and of one that is; without one it is told nothing. */
  firmware?: string;
  ipxe?: string;
  /** Enough is heard once there were as many acknowledged addresses and requested files. */
  until: Readonly<{ acknowledged: number; requested: number }>;
}>;

const of = (suite: Suite, name: string, path: string): PackageFile => ({ suite, package: name, path });
const ipxe = (suite: Suite, file: string) => of(suite, "ipxe", `usr/lib/ipxe/${file}`);
const romOf = (suite: Suite) =>
  of(suite, "ipxe-qemu", `usr/${suite === "bookworm" ? "lib/ipxe/qemu" : "share/qemu"}/efi-virtio.rom`);

/** Sid has taken OVMF apart into several packages. */
const ovmfPackage = { bookworm: "ovmf", trixie: "ovmf", sid: "ovmf-generic" } as const;
const ovmf = (suite: Suite) => ({
  code: of(suite, ovmfPackage[suite], "usr/share/OVMF/OVMF_CODE_4M.fd"),
  vars: of(suite, ovmfPackage[suite], "usr/share/OVMF/OVMF_VARS_4M.fd"),
});
const versions = { bookworm: "1.0.0", trixie: "1.21.1", sid: "2.0.0" } as const;

const ofSuite = (suite: Suite): CorpusBoot[] => [
  {
    name: `seabios-rom-undionly-${versions[suite]}`,
    rom: romOf(suite),
    files: { "undionly.kpxe": ipxe(suite, "undionly.kpxe") },
    ipxe: "undionly.kpxe",
    until: { acknowledged: 2, requested: 1 },
  },
  {
    name: `ovmf-${suite}-pxe-snponly-${versions[suite]}`,
    uefi: ovmf(suite),
    files: { "snponly.efi": ipxe(suite, "snponly.efi") },
    firmware: "snponly.efi",
    until: { acknowledged: 2, requested: 1 },
  },
  {
    name: `ovmf-${suite}-http-ipxe-${versions[suite]}`,
    uefi: { ...ovmf(suite), http: true },
    files: { "ipxe.efi": ipxe(suite, "ipxe.efi") },
    firmware: "http://10.69.0.1/ipxe.efi",
    until: { acknowledged: 2, requested: 1 },
  },
  {
    name: `seabios-rom-proxy-redirect-${versions[suite]}`,
    rom: romOf(suite),
    files: { "undionly.kpxe": ipxe(suite, "undionly.kpxe") },
    beside: "redirect",
    ipxe: "undionly.kpxe",
    until: { acknowledged: 2, requested: 1 },
  },
  {
    name: `ovmf-${suite}-proxy-redirect-${versions[suite]}`,
    uefi: ovmf(suite),
    files: { "snponly.efi": ipxe(suite, "snponly.efi") },
    beside: "redirect",
    firmware: "snponly.efi",
    until: { acknowledged: 1, requested: 1 },
  },
];

/** One of each firmware and loader that runs here and speaks for itself. */
export const corpusBoots: readonly CorpusBoot[] = [
  ...ofSuite("bookworm"),
  ...ofSuite("trixie"),
  ...ofSuite("sid"),
  {
    name: "pxelinux-6.04",
    rom: romOf("bookworm"),
    files: {
      "pxelinux.0": of("bookworm", "pxelinux", "usr/lib/PXELINUX/pxelinux.0"),
      "ldlinux.c32": of("bookworm", "syslinux-common", "usr/lib/syslinux/modules/bios/ldlinux.c32"),
    },
    ipxe: "pxelinux.0",
    until: { acknowledged: 1, requested: 12 },
  },
  {
    name: "grub-2.06",
    uefi: ovmf("bookworm"),
    files: {
      "grubnetx64.efi": of(
        "bookworm",
        "grub-efi-amd64-signed",
        "usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed",
      ),
    },
    firmware: "grubnetx64.efi",
    until: { acknowledged: 1, requested: 4 },
  },
];
