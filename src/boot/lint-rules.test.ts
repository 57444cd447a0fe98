import { describe, expect, test } from "vitest";
import { image, site } from "./lint.fixture.ts";
import { alpineCases } from "./lint-alpine.fixture.ts";
import type { LintCase } from "./lint-loaders.fixture.ts";
import { loaderCases } from "./lint-loaders.fixture.ts";
import { lint } from "./lint-rule.ts";
import { allRules } from "./lint-rules.ts";
import type { LintSite } from "./lint-site.ts";

const ip = undefined as unknown as string; // as in a machine without the key
const big = {
  ...image.built,
  initrds: [{ name: "initrd.img", sizeBytes: 300 * 2 ** 20 }],
} as typeof image.built;
const words = (count: number) => "x".repeat(count);

const nixosInit =
  "/nix/store/0y5wdcpk4rqzvbp1chvqhiz0cl94hrl8-nixos-system-nixos-kexec-26.05.20260601.abc/init";
const nixos = {
  built: { ...image.built, commandLine: `init=${nixosInit} root=fstab console=ttyS0,115200` },
} as Partial<typeof image>;

/** For each rule a site that breaks it, what it is told and where, and the nearest site that does not. */
const cases: LintCase[] = [
  [
    "overlay-not-read",
    site({ machines: [{ overlay: "/srv/shoe" }] }),
    "machines.0.overlay",
    /node1 boots rescue, which reads no overlay/,
    site({
      machines: [{ overlay: "/srv/shoe" }],
      boot: { images: new Map([["rescue", { reportsReady: false, readsApkovl: true }]]) },
    }),
  ],
  [
    "dhcp-off",
    site({ dhcp: { mode: "off" } }),
    "dhcp.mode",
    /a machine waits/,
    site({ dhcp: { mode: "off" }, machines: [] }),
  ],
  [
    "machine-without-reservation",
    site({ dhcp: { mode: "reservations" }, machines: [{}, { ip }] }),
    "machines.1",
    /node1 has no `ip`/,
    site({ dhcp: { mode: "reservations" } }),
  ],
  [
    "pool-too-small",
    site({ dhcp: { range: ["10.69.0.20", "10.69.0.21"] }, machines: [{ ip }, { ip }, { ip }] }),
    "dhcp.range",
    /has 2 addresses to lend, and 3 machines/,
    site({ dhcp: { range: ["10.69.0.20", "10.69.0.22"] }, machines: [{ ip }, { ip }, { ip }] }),
  ],
  [
    "reservation-in-range",
    site({ machines: [{ ip: "10.69.0.128" }] }),
    "machines.0.ip",
    /10\.69\.0\.128 of node1/,
    site({ machines: [{ ip: "10.69.0.127" }] }),
  ],
  [
    "lease-time-short",
    site({ dhcp: { leaseTimeMs: 599_000 } }),
    "dhcp.leaseTime",
    /is 9 min 59 s/,
    site({ dhcp: { leaseTimeMs: 600_000 } }),
  ],
  [
    "lease-time-long",
    site({ dhcp: { leaseTimeMs: 8 * 86_400_000 } }),
    "dhcp.leaseTime",
    /is 8 days/,
    site({ dhcp: { leaseTimeMs: 7 * 86_400_000 } }),
  ],
  [
    "dns-without-router",
    site({ dhcp: { dns: ["10.69.0.53", "9.9.9.9"] } }),
    "network.dns.1",
    /9\.9\.9\.9 is outside/,
    site({ dhcp: { dns: ["9.9.9.9"], router: "10.69.0.254" } }),
  ],
  [
    "subnet-not-for-hosts",
    site({ dhcp: { subnet: { network: "0.69.0.0", prefixLength: 24 } } }),
    "network.subnet",
    /begins with 0/,
    site({ dhcp: { subnet: { network: "1.69.0.0", prefixLength: 24 } } }),
  ],
  [
    "domain-local",
    site({ dhcp: { domain: "rack.local" } }),
    "network.domain",
    /rack\.local/,
    site({ dhcp: { domain: "local.internal" } }),
  ],
  [
    "mac-of-nobody",
    site({ machines: [{ mac: "01:00:5e:00:00:01" }] }),
    "machines.0.mac",
    /no card's address/,
    site(),
  ],
  [
    "mac-of-many",
    site({ machines: [{ mac: "52:54:00:12:34:56" }] }),
    "machines.0.mac",
    /QEMU's default/,
    site(),
  ],
  [
    "uuid-of-nobody",
    site({ machines: [{ uuid: "03000200-0400-0500-0006-000700080009" }] }),
    "machines.0.uuid",
    /nobody in particular/,
    site({ machines: [{ uuid: "03000200-0400-0500-0006-000700080008" }] }),
  ],
  [
    "name-reserved",
    site({ machines: [{ name: "wpad" }] }),
    "machines.0.name",
    /wpad is no name/,
    site({ machines: [{ name: "wpad1" }] }),
  ],
  [
    "names-alike",
    site({ machines: [{ name: "node1" }, { name: "node-01" }] }),
    "machines.1.name",
    /node-01 sounds like node1/,
    site({ machines: [{ name: "node1" }, { name: "node10" }] }),
  ],
  [
    "machine-without-image",
    site({ machines: [{ image: ip }] }),
    "machines.0",
    /node1 has no `image`/,
    site(),
  ],
  [
    "nic-without-driver",
    site({ machines: [{ nic: "e1000" }] }),
    "machines.0.nic",
    /has the card e1000, and image rescue has drivers for virtio-net-pci/,
    site({ machines: [{ nic: "e1000" }], image: { nics: ["virtio-net-pci", "e1000"] } }),
  ],
  [
    "memory-too-small",
    site({ image: { built: big } as object }),
    "machines.0.memory",
    /has 512\.0 MiB, and image rescue needs 763\.5 MiB/,
    site({ image: { built: big } as object, machines: [{ memoryBytes: 764 * 2 ** 20 }] }),
  ],
  [
    "memory-below-comfort",
    site({ image: { comfortableBytes: 737 * 2 ** 20 } }),
    "machines.0.memory",
    /wants 737\.0 MiB/,
    site({ image: { comfortableBytes: 512 * 2 ** 20 } }),
  ],
  [
    "nixos-command-line",
    site({ image: nixos, commandLine: "root=/dev/sda1" }),
    "images.rescue.commandLine",
    /`root=\/dev\/sda1` stands beside/,
    site({ image: nixos, commandLine: "boot.trace" }),
  ],
  ...loaderCases,
  ...alpineCases,
  ["image-damaged", site({ image: { state: "damaged" } }), "images.rescue", /has been changed/, site()],
  ["image-not-built", site({ image: { state: "absent" } }), "images.rescue", /is not in the store/, site()],
  ["image-stale", site({ image: { state: "stale" } }), "images.rescue", /older recipe/, site()],
  ["image-unused", site({ machines: [] }), "images.rescue", /no machine's image/, site()],
  [
    "default-image-for-strangers",
    site({ boot: { defaultImage: "rescue" } }),
    "defaultImage",
    /gives strangers the image rescue$/,
    site({ boot: { defaultImage: "rescue" }, dhcp: { mode: "reservations" } }),
  ],
  ["installer-every-boot", site({ image: { installs: true } }), "machines.0.image", /an installer/, site()],
  [
    "command-line-refused",
    site({ commandLine: words(2000) }),
    "machines.0.commandLine",
    /Linux reads 2047/,
    site({ commandLine: words(1800) }),
  ],
  [
    "boot-timeout-short",
    site({ bootTimeoutMs: 20_000 }),
    "lab.bootTimeout",
    /is 20 s for bios-pxe and uefi-pxe/,
    site({ bootTimeoutMs: 20_000, lanes: ["bios-pxe"] }),
  ],
  [
    "no-serial-console",
    site({ replaceCommandLine: "console=tty0" }),
    "images.rescue.replaceCommandLine",
    /has no console=ttyS0/,
    site({ replaceCommandLine: "console=ttyS0" }),
  ],
  [
    "console-order",
    site({ commandLine: "console=tty0" }),
    "images.rescue.commandLine",
    /console=tty0 comes after/,
    site({ commandLine: "console=tty0 console=ttyS0,115200" }),
  ],
  [
    "console-twice",
    site({ machines: [{ commandLine: "console=ttyS0,9600" }] }),
    "machines.0.commandLine",
    /console=ttyS0,9600 follows console=ttyS0,115200/,
    site({ commandLine: "console=ttyS0,115200" }),
  ],
  [
    "quiet-on-serial",
    site({ commandLine: "quiet" }),
    "images.rescue.commandLine",
    /quiet is said to node1/,
    site({ commandLine: "--- quiet" }),
  ],
  [
    "parameter-removed",
    site({ commandLine: "ovl_dev=x" }),
    "images.rescue.commandLine",
    /ovl_dev=x has no effect/,
    site({ commandLine: "apkovl=x" }),
  ],
  [
    "parameter-set-twice",
    site({ machines: [{ commandLine: "initrd=other" }] }),
    "machines.0.commandLine",
    /initrd=other/,
    site({ commandLine: "noinitrd" }),
  ],
  [
    "parameter-for-other-firmware",
    site({ commandLine: "vga=791", lanes: ["uefi-pxe"] }),
    "images.rescue.commandLine",
    /a BIOS video mode/,
    site({ commandLine: "vga=791" }),
  ],
];

test("a NixOS without its own words has lost its init, and one with its estimate of memory needs that too", () => {
  const lost = lint(site({ image: nixos, replaceCommandLine: "console=ttyS0" }), allRules);
  expect(lost.map(({ rule: { id }, path }) => [id, path.join(".")])).toEqual([
    ["nixos-command-line", "images.rescue.replaceCommandLine"],
  ]);
  const weighed = { ...nixos, userlandBytes: 512 * 2 ** 20 };
  const [little] = of("memory-too-small", site({ image: weighed }));
  expect(little?.says).toBe("node1 has 512.0 MiB, and image rescue needs 528.0 MiB to start");
  expect(
    of("memory-too-small", site({ image: weighed, machines: [{ memoryBytes: 529 * 2 ** 20 }] })),
  ).toEqual([]);
});

const of = (id: string, at: LintSite) => lint(at, allRules).filter(({ rule }) => rule.id === id);

describe("the rule", () => {
  test.each(cases)("%s finds its fault, names the place and the way out", (id, broken, path, says) => {
    const [first, ...more] = of(id, broken);
    expect(more).toEqual([]);
    expect(first?.path.join(".")).toBe(path);
    expect(first?.says).toMatch(says);
    expect(first?.fix).not.toBe("");
  });

  test.each(cases)("%s is content with a site that is right there", (id, _, __, ___, sound) => {
    expect(of(id, sound)).toEqual([]);
  });

  test("has a case here, whichever it is", () => {
    expect([...new Set(cases.map(([id]) => id))].toSorted()).toEqual(allRules.map(({ id }) => id).toSorted());
  });
});
