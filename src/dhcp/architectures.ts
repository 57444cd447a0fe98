/** How a machine boots, as far as its architecture number tells. */
export type Architecture = Readonly<{
  /** IANA's text. */
  name: string;
  firmware: "bios" | "uefi" | "other";
  /** What its loader must be compiled for; undefined where we know none. */
  cpu?: string;
  /** Asks for a URI over HTTP instead of a TFTP file. */
  http: boolean;
}>;

const pxe = (name: string, firmware: Architecture["firmware"], cpu?: string): Architecture =>
  cpu === undefined ? { name, firmware, http: false } : { name, firmware, cpu, http: false };
const http = (name: string, firmware: Architecture["firmware"], cpu?: string): Architecture => ({
  ...pxe(name, firmware, cpu),
  http: true,
});

/** "Processor Architecture Types" of IANA's DHCPv6 parameters, which option 93 shares (RFC 5970 §3.3). */
export const architectures: Readonly<Record<number, Architecture>> = {
  0: pxe("x86 BIOS", "bios", "x86"), // a Raspberry Pi 5 says this too
  1: pxe("NEC/PC98", "other"),
  2: pxe("Itanium", "uefi", "ia64"),
  3: pxe("DEC Alpha", "other", "alpha"),
  4: pxe("Arc x86", "other"),
  5: pxe("Intel Lean Client", "other"),
  6: pxe("x86 UEFI", "uefi", "x86"),
  7: pxe("x64 UEFI", "uefi", "x64"),
  8: pxe("EFI Xscale", "uefi"),
  // RFC 4578 §2.1 had 7 and 9 the other way round (erratum 4624). Nobody boots EFI byte code: who says 9 is an x64.
  9: pxe("x64 UEFI (as printed in RFC 4578)", "uefi", "x64"),
  10: pxe("ARM 32-bit UEFI", "uefi", "arm32"),
  11: pxe("ARM 64-bit UEFI", "uefi", "arm64"),
  12: pxe("PowerPC Open Firmware", "other", "ppc"),
  13: pxe("PowerPC ePAPR", "other", "ppc"),
  14: pxe("POWER OPAL v3", "other", "ppc64"),
  15: http("x86 UEFI boot from HTTP", "uefi", "x86"),
  16: http("x64 UEFI boot from HTTP", "uefi", "x64"),
  17: http("EBC boot from HTTP", "uefi"),
  18: http("ARM UEFI 32 boot from HTTP", "uefi", "arm32"),
  19: http("ARM UEFI 64 boot from HTTP", "uefi", "arm64"),
  20: http("x86 BIOS boot from HTTP", "bios", "x86"),
  21: pxe("ARM 32 U-Boot", "other", "arm32"),
  22: pxe("ARM 64 U-Boot", "other", "arm64"),
  23: http("ARM U-Boot 32 boot from HTTP", "other", "arm32"),
  24: http("ARM U-Boot 64 boot from HTTP", "other", "arm64"),
  25: pxe("RISC-V 32-bit UEFI", "uefi", "riscv32"),
  26: http("RISC-V 32-bit UEFI boot from HTTP", "uefi", "riscv32"),
  27: pxe("RISC-V 64-bit UEFI", "uefi", "riscv64"),
  28: http("RISC-V 64-bit UEFI boot from HTTP", "uefi", "riscv64"),
  29: pxe("RISC-V 128-bit UEFI", "uefi", "riscv128"),
  30: http("RISC-V 128-bit UEFI boot from HTTP", "uefi", "riscv128"),
  31: pxe("s390 Basic", "other", "s390"),
  32: pxe("s390 Extended", "other", "s390x"),
  33: pxe("MIPS 32-bit UEFI", "uefi", "mips32"),
  34: pxe("MIPS 64-bit UEFI", "uefi", "mips64"),
  35: pxe("Sunway 32-bit UEFI", "uefi", "sw32"),
  36: pxe("Sunway 64-bit UEFI", "uefi", "sw64"),
  37: pxe("LoongArch 32-bit UEFI", "uefi", "loongarch32"),
  38: http("LoongArch 32-bit UEFI boot from HTTP", "uefi", "loongarch32"),
  39: pxe("LoongArch 64-bit UEFI", "uefi", "loongarch64"),
  40: http("LoongArch 64-bit UEFI boot from HTTP", "uefi", "loongarch64"),
  41: pxe("ARM rpiboot", "other", "arm64"),
};

/** IANA's name, or the number of an architecture that has none. */
export function architectureName(code: number): string {
  return architectures[code]?.name ?? `architecture ${code}`;
}
