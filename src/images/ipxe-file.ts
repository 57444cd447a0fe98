import { versionIn } from "../host/firmware-file.ts";

/** What a file of an iPXE build is, read from its bytes. */
export type IpxeFile = Readonly<{
  /** The name it is served by. */
  serve: string;
  firmware: "bios" | "uefi";
  cpu: "x86" | "x64" | "ia32" | "arm64";
  /** Absent in packed BIOS files, which carry none that can be read. */
  version?: string;
}>;

/** Machine types of PE headers (UEFI specification §2.1.1), and what a loader's name says for each. */
const machines: Readonly<Record<number, readonly [cpu: IpxeFile["cpu"], suffix: string]>> = {
  34404: ["x64", ""], // 0x8664
  332: ["ia32", "-i386"], // 0x014c
  43620: ["arm64", "-arm64"], // 0xaa64
};

/**
 * Recognises a file of an iPXE build; undefined for what is none. `name` is the file's own: `snponly.efi` of a build for
 * ARM64 is served as `snponly-arm64.efi`, so that one site can have both.
 */
export function recogniseIpxe(name: string, bytes: Uint8Array): IpxeFile | undefined {
  const version = versionIn(bytes);
  const told = version === undefined ? {} : { version };
  const base = /^[a-z0-9][a-z0-9._-]{0,50}$/i.test(name) ? name.toLowerCase() : undefined;
  if (base === undefined) return undefined;
  const machine = machineOf(bytes);
  if (machine !== undefined) {
    const [cpu, suffix] = machines[machine] ?? [];
    if (cpu === undefined || suffix === undefined || !base.endsWith(".efi")) return undefined;
    // Debian's names say the processor already.
    const stem = base.slice(0, -".efi".length).replace(/-(amd64|x86_64|x64|i386|ia32|arm64|aa64)$/, "");
    return { serve: `${stem}${suffix}.efi`, firmware: "uefi", cpu, ...told };
  }
  if (!isNbp(bytes) || !/\.k{0,2}pxe$/.test(base)) return undefined;
  return { serve: base, firmware: "bios", cpu: "x86", ...told };
}

/** The PE header of an EFI application; undefined where there is none. */
function machineOf(bytes: Uint8Array): number | undefined {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < 64 || view.toString("latin1", 0, 2) !== "MZ") return undefined;
  const pe = view.readUInt32LE(60);
  if (pe > view.length - 96 || view.toString("latin1", pe, pe + 4) !== "PE\0\0") return undefined;
  const subsystem = view.readUInt16LE(pe + 92); // 24 bytes to the optional header, 68 into it
  return subsystem === 10 ? view.readUInt16LE(pe + 4) : undefined; // an application, not a driver
}

/** A far jump to 07C0 begins every one of iPXE's PXE images: firmware loads them at 0x7c00 (iPXE `prefix/pxeprefix.S`). */
function isNbp(bytes: Uint8Array): boolean {
  return bytes.length > 512 && bytes[0] === 0xea && bytes[3] === 0xc0 && bytes[4] === 0x07;
}
