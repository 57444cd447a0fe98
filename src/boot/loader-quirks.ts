import type { KnownLoader } from "./known-loaders.ts";
import { knownLoader, parseLoaderName, releaseNamed } from "./known-loaders.ts";

/** A loader as it is about to be given: what it is, and its version as far as that is known. */
export type GivenLoader = Readonly<{ known: KnownLoader; version?: string }>;

/** Something that one loader does otherwise than others, and what dryboot does about it. */
export interface LoaderQuirk {
  /** Whom it concerns, for people. */
  of: string;
  says: string;
  /** Completes "dryboot ...". */
  dryboot: string;
  concerns(loader: GivenLoader): boolean;
}

/** `1.21.1` of `1.21.1+git20250501.dad20602+dfsg-1`; undefined where a version is no number. */
function numbersOf(version: string | undefined): readonly number[] | undefined {
  return /^\d+\.\d+\.\d+/
    .exec(version ?? "")?.[0]
    .split(".")
    .map(Number);
}

function isBefore(version: string | undefined, [major = 0, minor = 0]: readonly number[]): boolean {
  const [ownMajor = 0, ownMinor = 0] = numbersOf(version) ?? [Number.POSITIVE_INFINITY];
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}

const isIpxe = ({ known }: GivenLoader) => known.kind === "ipxe";
const isEfiIpxe = (loader: GivenLoader) => isIpxe(loader) && loader.known.firmware === "uefi";
const isOld = (loader: GivenLoader) => isIpxe(loader) && isBefore(loader.version, [1, 21]);
const isKind = (kind: KnownLoader["kind"]) => (loader: GivenLoader) => loader.known.kind === kind;

/** The one table of what loaders do otherwise: decisions, lint and docs/loaders.md are made of it. */
export const loaderQuirks = {
  undiFromRomOnly: {
    of: "`undionly.kpxe`",
    says: "drives the card through the ROM's UNDI interface: not every ROM that is an iPXE leaves that there; QEMU's does",
    dryboot:
      "gives `loaders.biosFromIpxe`, which brings its own drivers, to an iPXE that needs another loader",
    concerns: ({ known }) => known.kind === "ipxe" && known.driver === "undi",
  },
  asksNoAutoexec: {
    of: "iPXE before 1.21, and every iPXE on BIOS",
    says: "asks for no `autoexec.ipxe`",
    dryboot: "answers it by DHCP alone, whatever `loaders.autoexec` says",
    concerns: (loader) => isIpxe(loader) && (isOld(loader) || !isEfiIpxe(loader)),
  },
  asksAutoexecOnce: {
    of: "iPXE 1.21 on UEFI",
    says: "asks for `autoexec.ipxe` beside itself, and runs it before it has an address",
    dryboot: "lets that script ask by DHCP, or says at once that there is none",
    concerns: (loader) => isEfiIpxe(loader) && !isOld(loader) && isBefore(loader.version, [2, 0]),
  },
  asksAutoexecTwice: {
    of: "iPXE 2.0 on UEFI",
    says: "asks for `autoexec.ipxe` beside itself and then at the root, with the firmware's address, and prints `Not found` for each",
    dryboot:
      "takes that for no error; its script needs no DHCP and lets go of itself before a kernel is fetched",
    concerns: (loader) => isEfiIpxe(loader) && !isBefore(loader.version, [2, 0]),
  },
  reportsOldVersion: {
    of: "iPXE 1.21.1 of Debian",
    says: "says in DHCP that it is 1.0.0, the version its snapshot was cut from",
    dryboot:
      "takes it for that where a site sets `loaders.oldestIpxe`, and knows its file by what is written in it",
    concerns: (loader) => isIpxe(loader) && !isOld(loader) && isBefore(loader.version, [2, 0]),
  },
  noHttps: {
    of: "iPXE 1.0.0 of Debian",
    says: "cannot fetch from `https://` addresses",
    dryboot: "names `http://` addresses to every loader",
    concerns: isOld,
  },
  noPoweroff: {
    of: "iPXE 1.0.0 of Debian",
    says: "lacks the commands `poweroff` and `console`",
    dryboot: "tries them and goes on where they fail",
    concerns: isOld,
  },
  noImgverify: {
    of: "every iPXE of Debian",
    says: "lacks `imgtrust` and `imgverify`: it checks no signature of a kernel",
    dryboot: "verifies what it serves; over a network you do not trust, take a build of your own",
    concerns: isIpxe,
  },
  hiddenVersion: {
    of: "iPXE for BIOS",
    says: "is packed: its version cannot be read from the file",
    dryboot: "takes the package's",
    concerns: (loader) => isIpxe(loader) && !isEfiIpxe(loader),
  },
  noScript: {
    of: "PXELINUX, GRUB",
    says: "run no iPXE script: no menu, no boot API, nothing that only iPXE can fill in",
    dryboot: "boots what the plan gives without them, and says in the configuration why it cannot",
    concerns: ({ known }) => known.kind !== "ipxe",
  },
  needsCompanion: {
    of: "PXELINUX",
    says: "fetches `ldlinux.c32` from beside itself, of its own version to the letter",
    dryboot: "serves it from the same release",
    concerns: isKind("pxelinux"),
  },
  takesInitrdWords: {
    of: "PXELINUX",
    says: "takes the last `initrd=` word of a command line for what it is to fetch",
    dryboot: "leaves such words of yours out, and puts its own last",
    concerns: isKind("pxelinux"),
  },
  tftpOnly: {
    of: "`pxelinux.0`, and `shimx64.efi`'s GRUB",
    says: "fetch kernel and initrd over TFTP, about three times as slowly",
    dryboot: "serves images over TFTP too; `lpxelinux.0` takes HTTP",
    concerns: ({ known }) => !known.http,
  },
  escapesQuotes: {
    of: "GRUB",
    says: "writes a backslash before each quote and backslash of a command line, and the kernel reads it",
    dryboot: "refuses to boot by GRUB what holds them, and says which word",
    concerns: isKind("grub"),
  },
  httpModule: {
    of: "GRUB",
    says: "has TFTP built in and HTTP in a module, which Secure Boot lets no one load",
    dryboot: "serves the module, and lets GRUB take TFTP where it is locked down",
    concerns: isKind("grub"),
  },
  exactHeaders: {
    of: "GRUB up to 2.06",
    says: "finds the length of a file over HTTP only under `Content-Length`, to the letter",
    dryboot: "spells its headers so",
    concerns: isKind("grub"),
  },
} as const satisfies Readonly<Record<string, LoaderQuirk>>;

export type QuirkName = keyof typeof loaderQuirks;

/** Whether a loader of this name has a quirk; a file of the user's own has none that we know. */
export function hasQuirk(name: QuirkName, file: string, version?: string): boolean {
  const known = knownLoader(file);
  if (!known) return false;
  const told = version ?? releaseNamed(parseLoaderName(file).ipxe ?? "")?.version;
  return loaderQuirks[name].concerns({ known, ...(told === undefined ? {} : { version: told }) });
}

/** The table of docs/loaders.md. */
export function quirksTable(): string {
  const rows = Object.values(loaderQuirks).map(({ of, says, dryboot }) => `| ${of} | ${says} | ${dryboot} |`);
  return ["| loader | what it does otherwise | dryboot |", "| --- | --- | --- |", ...rows].join("\n");
}
