import { suggest } from "../core/nearest.ts";
import { grubWordProblem } from "./grub-config.ts";
import {
  installedIpxe,
  ipxeReleases,
  knownLoader,
  loaderKind,
  parseLoaderName,
  releaseNamed,
} from "./known-loaders.ts";
import { usesOf } from "./lint-loaders.ts";
import type { Finding, Rule } from "./lint-rule.ts";
import type { LintSite } from "./lint-site.ts";
import { bootsOf } from "./lint-site.ts";
import { hasQuirk } from "./loader-quirks.ts";
import { pxelinuxWordProblem } from "./pxelinux-config.ts";
import { parseTemplate } from "./template.ts";
import { exampleVariables } from "./variables.ts";

const known = ({ loaders: { builds = [] } }: LintSite): string[] => [
  ...[installedIpxe, ...ipxeReleases.map(({ version }) => version)],
  ...builds,
];

const noSuchIpxe: Rule = {
  id: "ipxe-unknown",
  severity: "error",
  title: "An iPXE that nobody has",
  why: "Whoever is told one of its files gets an error: PXE-T01 or PXE-E3B on its screen, and its next boot device.",
  check(site) {
    const fix = (name: string) =>
      `${suggest(name, known(site))}; \`dryboot image add ipxe\` adds one of your own`;
    const says = (name: string) => `${name} is no release that Debian packages, and no build of yours`;
    const { ipxe } = site.boot;
    const plain =
      ipxe === undefined || known(site).includes(ipxe) ? [] : [{ path: ["loaders", "ipxe"], name: ipxe }];
    const named = usesOf(site).flatMap(({ path, file }) => {
      const { ipxe: name } = parseLoaderName(file);
      return name === undefined || known(site).includes(name) ? [] : [{ path, name }];
    });
    return [...plain, ...named].map(
      ({ path, name }): Finding => ({ path, says: says(name), fix: fix(name) }),
    );
  },
};

const notInRelease: Rule = {
  id: "loader-not-in-release",
  severity: "error",
  title: "A loader that its release does not have",
  why: "Debian packages iPXE for ARM64 from 1.21.1 on, and a build of yours holds what was made. Whoever is told the file gets an error.",
  check: (site) =>
    usesOf(site).flatMap(({ path, file }): Finding[] => {
      const { ipxe = site.boot.ipxe, file: name } = parseLoaderName(file);
      const isOther = ipxe === undefined || loaderKind(file) !== "ipxe" || !known(site).includes(ipxe);
      if (isOther || site.loaders.found.has(file) || site.loaders.fetchable?.has(file)) return [];
      const has = releaseNamed(ipxe)
        ? "take a later release, or leave the key out"
        : "add the file to that build";
      return [{ path, says: `iPXE ${ipxe} has no ${name}`, fix: has }];
    }),
};

const notFetched: Rule = {
  id: "loader-not-fetched",
  severity: "info",
  title: "A loader that is fetched when the site is next prepared",
  why: "`dryboot boot`, `dryboot serve` and `dryboot test` fetch it from Debian's archive before anything is served; from then on the network is not needed. A server that only reloads its site fetches nothing.",
  check: (site) =>
    usesOf(site).flatMap(({ path, file }): Finding[] =>
      site.loaders.fetchable?.has(file) && !site.loaders.found.has(file)
        ? [
            {
              path,
              says: `${file} is not in the store yet`,
              fix: "boot the site once while the network is there",
            },
          ]
        : [],
    ),
};

const otherVersion: Rule = {
  id: "loader-other-version",
  severity: "warning",
  title: "A release of iPXE that has become another one",
  why: "Debian's unstable suite moves on: what it calls iPXE today may be later than the release a site asks for, and behave otherwise.",
  check: (site) =>
    usesOf(site).flatMap(({ path, file }): Finding[] => {
      const { ipxe = site.boot.ipxe } = parseLoaderName(file);
      const version = site.loaders.versions?.get(file);
      const isPlain = ipxe === undefined || !releaseNamed(ipxe) || loaderKind(file) !== "ipxe";
      if (isPlain || version === undefined || !/^\d/.test(version) || version.startsWith(ipxe)) return [];
      const fix =
        "try the site's lanes with it, and keep it, or keep a copy of the file you trust as a build of your own";
      return [{ path, says: `${file} should be ${ipxe} and is ${version}`, fix }];
    }),
};

const cannotSay: Rule = {
  id: "loader-cannot-say",
  severity: "error",
  title: "A command line that its loader cannot pass on",
  why: "PXELINUX and GRUB fill in nothing that only iPXE knows, and GRUB writes a backslash before quotes and backslashes. The configuration then says why, and the machine goes back to its firmware.",
  check(site) {
    const loaders = new Map(usesOf(site).map(({ file }) => [loaderKind(file), file]));
    const [pxelinux, grub] = [loaders.get("pxelinux"), loaders.get("grub")];
    if (pxelinux === undefined && grub === undefined) return [];
    return bootsOf(site).flatMap(({ words }) =>
      words.flatMap(({ word, path }): Finding[] => {
        const loader = pxelinux ?? grub ?? "";
        const variable = onlyIpxeKnows(word);
        if (variable !== undefined) {
          const says = `only iPXE can fill in {${variable}}, and ${loader} is another loader`;
          return [{ path, says, fix: "leave the variable out, or boot by iPXE" }];
        }
        const problem = grub === undefined ? undefined : grubWordProblem(word);
        if (problem !== undefined)
          return [{ path, says: `${word} ${problem}`, fix: "write it without, or boot by iPXE" }];
        const ignored = pxelinux !== undefined && word.startsWith("initrd=") && pxelinuxWordProblem(word);
        return ignored
          ? [{ path, says: `${word} ${ignored}`, fix: "leave it out: the image's own are named anyway" }]
          : [];
      }),
    );
  },
};

function onlyIpxeKnows(word: string): string | undefined {
  const filled = new Set(["uuid", "UUID", "ip"]); // from the site and from who asks
  return parseTemplate(word)
    .pieces.flatMap((piece) =>
      typeof piece === "string" || filled.has(piece.variable) ? [] : [piece.variable],
    )
    .find((name) => {
      const value = exampleVariables("lab.internal").value(name);
      return typeof value === "object" && "setting" in value;
    });
}

const menuUnseen: Rule = {
  id: "loader-without-menu",
  severity: "warning",
  title: "A menu that a machine's loader does not show",
  why: "The menu is an iPXE script. PXELINUX and GRUB boot the machine's image, or the site's default, at once.",
  check: (site) =>
    site.boot.menu === undefined
      ? []
      : usesOf(site).flatMap(({ path, file }): Finding[] =>
          hasQuirk("noScript", file)
            ? [{ path, says: `${file} shows no menu`, fix: "boot by iPXE who is to choose" }]
            : [],
        ),
};

const autoexecUnasked: Rule = {
  id: "autoexec-not-asked",
  severity: "info",
  title: "An autoexec.ipxe that a loader does not ask for",
  why: "Only UEFI builds of iPXE from 1.21 on ask for it; the others boot by DHCP, as without the key.",
  check(site) {
    if (!site.boot.autoexec) return [];
    const files = [site.boot.loaders.x64, site.boot.loaders.arm64].filter((file) => file !== undefined);
    const asking = files.filter((file) => {
      const version = site.loaders.versions?.get(file) ?? parseLoaderName(file).ipxe ?? site.boot.ipxe;
      return knownLoader(file)?.kind === "ipxe" && !hasQuirk("asksNoAutoexec", file, version);
    });
    if (asking.length > 0) return [];
    const fix = "set `loaders.ipxe` to a later release, or leave the key out";
    return [{ path: ["loaders", "autoexec"], says: `${files.join(", ")} asks for none`, fix }];
  },
};

export const loaderReleaseRules: readonly Rule[] = [
  ...[noSuchIpxe, notInRelease, notFetched, otherVersion],
  ...[cannotSay, menuUnseen, autoexecUnasked],
];
