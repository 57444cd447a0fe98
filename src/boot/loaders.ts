import { architectureName, architectures } from "../dhcp/architectures.ts";
import { loaderKind } from "./known-loaders.ts";
import { hasQuirk } from "./loader-quirks.ts";

/** Loader file names per kind of client. Without a name, that kind cannot be booted. */
export interface LoaderNames {
  bios: string;
  /** For an iPXE on BIOS that needs another loader: not every one leaves UNDI there, without which `undionly.kpxe` cannot work. */
  biosFromIpxe: string;
  x64: string;
  ia32?: string;
  arm64?: string;
}

/** The files of Debian's package `ipxe`; what is installed may have none for 32-bit or ARM UEFI. */
export const defaultLoaders: LoaderNames = {
  bios: "undionly.kpxe",
  biosFromIpxe: "ipxe.pxe",
  x64: "snponly.efi", // binds only the NIC it came from: seconds faster than ipxe.efi, which brings its own drivers
};

export interface LoaderChoice {
  architecture: number;
  file: string;
  /** Whether the client wants an address for HTTP and not a name for TFTP. */
  http: boolean;
}

/** The first architecture of the client's list that there is a loader for: firmware may lead with one nobody knows. */
export function chooseLoader(
  codes: readonly number[],
  names: LoaderNames,
  fromIpxe: boolean,
): LoaderChoice | undefined {
  for (const code of codes) {
    const file = fileFor(code, names, fromIpxe);
    if (file !== undefined) return { architecture: code, file, http: wantsHttp(code) };
  }
  return undefined;
}

/** The same for a machine that has a loader of its own, whatever it says it is. */
export function ownLoader(
  file: string,
  codes: readonly number[],
  names: LoaderNames,
  fromIpxe: boolean,
): LoaderChoice {
  const [architecture = 0] = codes;
  const usual = chooseLoader(codes, names, fromIpxe);
  return {
    ...{ architecture, http: wantsHttp(architecture) },
    ...usual,
    file: fromIpxe && hasQuirk("undiFromRomOnly", file) ? names.biosFromIpxe : file,
  };
}

/**
 * Whether an iPXE that asks is given this loader although it could run our script: a site that chose another loader
 * wants its machines booted by that one, also where the ROM happens to be an iPXE.
 */
export function takesOverFromIpxe(file: string): boolean {
  const kind = loaderKind(file);
  return kind !== undefined && kind !== "ipxe";
}

export function wantsHttp(architecture: number): boolean {
  return architectures[architecture]?.http ?? false;
}

/** `x64 UEFI (architecture 7)` */
export function describeArchitectures(codes: readonly number[]): string {
  const named = codes.map((code) => {
    const name = architectureName(code);
    return code in architectures ? `${name} (architecture ${code})` : name;
  });
  return named.join(", ") || "no architecture";
}

function fileFor(code: number, names: LoaderNames, fromIpxe: boolean): string | undefined {
  const { firmware, cpu, http } = architectures[code] ?? {};
  if (firmware === "bios" && !http) {
    return fromIpxe && !takesOverFromIpxe(names.bios) ? names.biosFromIpxe : names.bios;
  }
  if (firmware !== "uefi") return undefined;
  if (cpu === "x64") return names.x64;
  if (cpu === "x86") return names.ia32;
  return cpu === "arm64" ? names.arm64 : undefined;
}
