import type { BootMachine } from "./boot-site.ts";
import type { LintImage, LintMachine, LintSite } from "./lint-site.ts";
import { defaultLoaders } from "./loaders.ts";

/** A site in which nothing is wrong, and ways to spoil it, for tests. */
export const machine: LintMachine = {
  name: "node1",
  mac: "52:54:00:69:00:0a",
  ip: "10.69.0.10",
  image: "rescue",
  memoryBytes: 512 * 2 ** 20,
  nic: "virtio-net-pci",
};

export const image: LintImage = {
  recipe: "rescue",
  state: "built",
  built: {
    kernel: { name: "vmlinuz", sizeBytes: 14_186_432 },
    initrds: [{ name: "initrd.img", sizeBytes: 1_016_217 }],
    commandLine: "console=ttyS0,115200",
    digest: "5cc9b73a2a9e",
  },
  nics: ["virtio-net-pci"],
};

type Spoiled = Readonly<{
  dhcp?: Partial<LintSite["dhcp"]>;
  boot?: Partial<LintSite["boot"]>;
  machines?: readonly Partial<LintMachine & BootMachine>[];
  image?: Partial<LintImage>;
  /** Of the site, for the image. */
  commandLine?: string;
  replaceCommandLine?: string;
  lanes?: readonly string[];
  bootTimeoutMs?: number;
  found?: readonly string[];
  /** Of this host's loaders, besides what is found. */
  loaders?: Partial<LintSite["loaders"]>;
}>;

const servable = ["snponly.efi", "ipxe.efi", "undionly.kpxe", "ipxe.pxe"];

export function site(spoiled: Spoiled = {}): LintSite {
  const machines = (spoiled.machines ?? [{}]).map((each) => ({ ...machine, ...each }));
  const { commandLine, replaceCommandLine } = spoiled;
  const use = {
    reportsReady: true,
    ...(commandLine === undefined ? {} : { commandLine }),
    ...(replaceCommandLine === undefined ? {} : { replaceCommandLine }),
  };
  return {
    dhcp: {
      mode: "server",
      server: "10.69.0.1",
      subnet: { network: "10.69.0.0", prefixLength: 24 },
      leaseTimeMs: 43_200_000,
      range: ["10.69.0.128", "10.69.0.254"],
      reservations: [],
      ...spoiled.dhcp,
    },
    boot: {
      server: "10.69.0.1",
      http: "http://10.69.0.1",
      machines,
      images: new Map([["rescue", use]]),
      loaders: defaultLoaders,
      ...spoiled.boot,
    },
    machines,
    images: new Map([["rescue", { ...image, ...spoiled.image }]]),
    loaders: { found: new Set(spoiled.found ?? servable), servable, ...spoiled.loaders },
    lanes: spoiled.lanes ?? ["bios-pxe", "uefi-pxe"],
    bootTimeoutMs: spoiled.bootTimeoutMs ?? 120_000,
  };
}
