import { suggest } from "../core/nearest.ts";
import { layersIn } from "./effective-settings.ts";
import { parseLoaderName } from "./known-loaders.ts";
import type { Finding, Rule } from "./lint-rule.ts";
import type { LintSite } from "./lint-site.ts";
import { hasQuirk } from "./loader-quirks.ts";
import type { Path } from "./settings.ts";

type Use = Readonly<{ path: Path; file: string; kind: keyof LintSite["boot"]["loaders"] | "level" }>;

/** Every place that names a loader. */
export function usesOf({ boot }: LintSite): Use[] {
  const kinds = ["bios", "biosFromIpxe", "x64", "ia32", "arm64"] as const;
  const ofSite = kinds.flatMap((kind): Use[] => {
    const file = boot.loaders[kind];
    return file === undefined ? [] : [{ path: ["loaders", kind], file, kind }];
  });
  const ofLevels = layersIn(boot).flatMap(({ path, settings: { loader } }): Use[] =>
    loader === undefined ? [] : [{ path: [...path, "loader"], file: loader, kind: "level" }],
  );
  return [...ofSite, ...ofLevels];
}

const perUse = (site: LintSite, finds: (use: Use) => Omit<Finding, "path"> | undefined): Finding[] =>
  usesOf(site).flatMap((use) => {
    const found = finds(use);
    return found ? [{ path: use.path, ...found }] : [];
  });

const isEfi = (file: string) => /\.efi$/i.test(file);
const isScript = (file: string) => /\.(ipxe|cfg|txt|sh)$/i.test(file);
const forBios = (kind: Use["kind"]) => kind === "bios" || kind === "biosFromIpxe";

/** Whether it is one that this host must have, and not of a release or a build in the store. */
function ofThisHost({ boot, loaders }: LintSite, file: string): boolean {
  return boot.ipxe === undefined && !loaders.fetchable?.has(file);
}

const absent: Rule = {
  id: "loader-absent",
  severity: "error",
  title: "A loader is not on this host",
  why: "The client is told its name, asks for it, and gets an error: PXE-T01 or PXE-E3B on its screen, and its next boot device.",
  check: (site) =>
    perUse(site, ({ file }) =>
      site.loaders.servable.includes(file) && !site.loaders.found.has(file) && ofThisHost(site, file)
        ? { says: `${file} was not found where distributions keep it`, fix: "install it: ./dryboot setup" }
        : undefined,
    ),
};

const unknown: Rule = {
  id: "loader-unknown",
  severity: "error",
  title: "A loader that this server cannot serve",
  why: "Only the loaders of docs/loaders.md are served, under their own names, and the files in `tftp.root`: whoever is told any other gets an error.",
  check: ({ loaders: { servable }, ...site }) =>
    perUse({ loaders: { servable, found: new Set() }, ...site }, ({ file }) =>
      servable.includes(file) || isScript(file) || parseLoaderName(file).ipxe !== undefined
        ? undefined
        : { says: `${file} is none of the loaders served here`, fix: suggest(file, servable) },
    ),
};

const script: Rule = {
  id: "loader-is-script",
  severity: "error",
  title: "A script where firmware expects a program",
  why: "Firmware runs what it is given as machine code: it hangs, starts over or reports a load error. An iPXE given a script that starts over from DHCP loops for ever. The script comes second, and this server makes it.",
  check: (site) =>
    perUse(site, ({ file }) =>
      isScript(file)
        ? {
            says: `${file} is a script by its name`,
            fix: "leave the key out: a loader is served, and then its script",
          }
        : undefined,
    ),
};

const otherFirmware: Rule = {
  id: "loader-for-other-firmware",
  severity: "error",
  title: "A BIOS loader for UEFI, or a UEFI loader for BIOS",
  why: "A BIOS ROM says `PXE-E79: NBP is too big to fit in free base memory` or hangs; UEFI refuses what is no EFI program, and its HTTP boot knows one by the name that ends in `.efi`.",
  check: (site) =>
    perUse(site, ({ file, kind }) => {
      if (kind === "level" || isScript(file) || isEfi(file) !== forBios(kind)) return undefined;
      return forBios(kind)
        ? { says: `${file} is for UEFI, and this key is for BIOS`, fix: "name a .kpxe or .pxe file" }
        : { says: `${file} does not end in .efi, and this key is for UEFI`, fix: "name an .efi file" };
    }),
};

const processors: Readonly<Record<string, RegExp>> = {
  x64: /x86_64|amd64|x64/i,
  ia32: /i386|ia32|x86(?!_64)/i,
  arm64: /arm64|aa64|aarch64/i,
};

const otherProcessor: Rule = {
  id: "loader-for-other-processor",
  severity: "error",
  title: "One UEFI loader for two kinds of processor",
  why: "An EFI program runs on the processor it was compiled for and on no other; UEFI ends with `Unsupported`, or a silent return to its menu. 32-bit UEFI (architecture 6) needs 32-bit loaders on a 64-bit processor too.",
  check: (site) =>
    perUse(site, ({ file, kind }) => {
      if (!isEfi(file) || !(kind in processors)) return undefined;
      const says = Object.entries(processors).find(([, pattern]) => pattern.test(file))?.[0];
      const others = usesOf(site).filter((use) => use.file === file && use.kind in processors);
      if (says !== undefined && says !== kind) {
        return {
          says: `${file} is for ${says} by its name, and this key is for ${kind}`,
          fix: `name a loader for ${kind}`,
        };
      }
      if (kind === "x64" || others.length < 2) return undefined;
      return {
        says: `${file} is named for ${others.map((use) => use.kind).join(" and ")} alike`,
        fix: "name a loader for each, or leave this key out: those machines are then told why they get none",
      };
    }),
};

const undiTwice: Rule = {
  id: "loader-needs-undi",
  severity: "error",
  title: "A loader that borrows the ROM's driver, for a ROM that may keep the card to itself",
  why: "`undionly.kpxe` drives the card through the ROM's UNDI interface. QEMU's iPXE ROM leaves it there, others do not: then the loader starts and finds no network.",
  check: (site) =>
    perUse(site, ({ file, kind }) =>
      kind === "biosFromIpxe" && (hasQuirk("undiFromRomOnly", file) || /undionly/i.test(file))
        ? { says: `${file} needs UNDI`, fix: "take ipxe.pxe, which brings its own drivers" }
        : undefined,
    ),
};

const oneFirmware: Rule = {
  id: "loader-fixed-for-machine",
  severity: "warning",
  title: "A machine's own loader fits only one of the firmwares it is tried with",
  why: "Such a `loader` is given whatever the firmware says it is: the same machine booted the other way gets a file it cannot run.",
  check: (site) => {
    const bios = site.lanes.some((lane) => lane.startsWith("bios"));
    const uefi = site.lanes.some((lane) => lane.startsWith("uefi"));
    if (!bios || !uefi) return [];
    return perUse(site, ({ file, kind }) =>
      kind === "level"
        ? {
            says: `${file} is for ${isEfi(file) ? "UEFI" : "BIOS"} only, and the lab tries ${site.lanes.join(" and ")}`,
            fix: "set `lab.lanes` to the firmware it really has",
          }
        : undefined,
    );
  },
};

export const loaderRules: readonly Rule[] = [
  absent,
  unknown,
  script,
  otherFirmware,
  otherProcessor,
  undiTwice,
  oneFirmware,
];
