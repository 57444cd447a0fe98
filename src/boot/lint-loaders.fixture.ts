import { site } from "./lint.fixture.ts";
import type { LintSite } from "./lint-site.ts";
import { defaultLoaders } from "./loaders.ts";

/** A site that breaks a rule, what it is told and where, and the nearest site that does not. */
export type LintCase = [id: string, broken: LintSite, path: string, says: RegExp, sound: LintSite];

const loaders = (more: object) => ({ boot: { loaders: { ...defaultLoaders, ...more } } });
const menu = { title: "boot", entries: [], choices: new Map() };

/** For the rules about loaders. */
export const loaderCases: LintCase[] = [
  [
    "loader-absent",
    site({ found: ["snponly.efi", "undionly.kpxe"] }),
    "loaders.biosFromIpxe",
    /ipxe\.pxe was not found/,
    site(),
  ],
  [
    "loader-unknown",
    site({ machines: [{ loader: "grubx64.efi" }] }),
    "machines.0.loader",
    /none of the loaders/,
    site({ machines: [{ loader: "ipxe.efi" }] }),
  ],
  ["loader-is-script", site(loaders({ x64: "boot.ipxe" })), "loaders.x64", /a script by its name/, site()],
  [
    "loader-for-other-firmware",
    site(loaders({ x64: "undionly.kpxe" })),
    "loaders.x64",
    /does not end in \.efi/,
    site(loaders({ x64: "ipxe.efi" })),
  ],
  [
    "loader-for-other-processor",
    site(loaders({ ia32: "snponly.efi" })),
    "loaders.ia32",
    /named for x64 and ia32 alike/,
    site(loaders({ ia32: "snponly-i386.efi" })),
  ],
  [
    "loader-needs-undi",
    site(loaders({ biosFromIpxe: "undionly.kpxe" })),
    "loaders.biosFromIpxe",
    /needs UNDI/,
    site(),
  ],
  [
    "loader-fixed-for-machine",
    site({ machines: [{ loader: "ipxe.efi" }] }),
    "machines.0.loader",
    /for UEFI only/,
    site({ machines: [{ loader: "ipxe.efi" }], lanes: ["uefi-pxe"] }),
  ],
  [
    "ipxe-unknown",
    site({ boot: { ipxe: "2.0.1" } }),
    "loaders.ipxe",
    /2\.0\.1 is no release that Debian packages, and no build/,
    site({ boot: { ipxe: "2.0.0" } }),
  ],
  [
    "loader-not-in-release",
    site({ ...loaders({ arm64: "ipxe-1.0.0/ipxe-arm64.efi" }) }),
    "loaders.arm64",
    /iPXE 1\.0\.0 has no ipxe-arm64\.efi/,
    site({
      ...loaders({ arm64: "ipxe-2.0.0/ipxe-arm64.efi" }),
      loaders: { fetchable: new Set(["ipxe-2.0.0/ipxe-arm64.efi"]) },
    }),
  ],
  [
    "loader-not-fetched",
    site({ ...loaders({ bios: "pxelinux.0" }), loaders: { fetchable: new Set(["pxelinux.0"]) } }),
    "loaders.bios",
    /is not in the store yet/,
    site({ ...loaders({ bios: "pxelinux.0" }), found: ["pxelinux.0"] }),
  ],
  [
    "loader-other-version",
    site({
      ...loaders({ x64: "ipxe-2.0.0/snponly.efi" }),
      loaders: { versions: new Map([["ipxe-2.0.0/snponly.efi", "2.1.0+dfsg-1"]]) },
    }),
    "loaders.x64",
    /should be 2\.0\.0 and is 2\.1\.0\+dfsg-1/,
    site({
      ...loaders({ x64: "ipxe-2.0.0/snponly.efi" }),
      loaders: { versions: new Map([["ipxe-2.0.0/snponly.efi", "2.0.0+dfsg-5"]]) },
    }),
  ],
  [
    "loader-cannot-say",
    site({ ...loaders({ x64: "grubnetx64.efi" }), commandLine: "x='y'" }),
    "images.rescue.commandLine",
    /x='y' holds a quote/,
    site({ ...loaders({ bios: "pxelinux.0" }), commandLine: "x='y' id={uuid} ip={ip}" }),
  ],
  [
    "loader-without-menu",
    site({ boot: { menu, loaders: { ...defaultLoaders, bios: "lpxelinux.0" } } }),
    "loaders.bios",
    /lpxelinux\.0 shows no menu/,
    site({ boot: { menu } }),
  ],
  [
    "autoexec-not-asked",
    site({ boot: { autoexec: true, ipxe: "1.0.0" } }),
    "loaders.autoexec",
    /snponly\.efi asks for none/,
    site({ boot: { autoexec: true, ipxe: "1.21.1" } }),
  ],
];
