import { expect, test } from "vitest";
import { architectureName, architectures } from "./architectures.ts";
import { clientOf } from "./client.ts";
import { from, stranger } from "./conversation.ts";

const codes = Object.keys(architectures).map(Number);

test("every code that IANA gave out by November 2026 has a row", () => {
  expect(codes).toEqual(Array.from({ length: 42 }, (_, code) => code));
  expect(new Set(codes.map(architectureName)).size).toBe(42);
  expect(architectureName(42)).toBe("architecture 42");
});

test("those that boot from HTTP are the ones IANA calls so", () => {
  expect(codes.filter((code) => architectures[code]?.http)).toEqual([
    ...[15, 16, 17, 18, 19, 20, 23, 24, 26, 28, 30, 38, 40],
  ]);
});

// "00:0B" of dhcpd is 11, `Arch:00011` is 11, and 0x1B is 27: others took LoongArch for RISC-V.
test.each([
  [0, "bios", "x86"],
  [6, "uefi", "x86"], // 32 bits: an x64 loader would not start
  [7, "uefi", "x64"],
  [9, "uefi", "x64"], // RFC 4578 §2.1 as printed, erratum 4624
  [10, "uefi", "arm32"],
  [0x0b, "uefi", "arm64"],
  [15, "uefi", "x86"],
  [16, "uefi", "x64"],
  [19, "uefi", "arm64"],
  [0x1b, "uefi", "riscv64"],
  [0x25, "uefi", "loongarch32"],
  [0x27, "uefi", "loongarch64"],
  [22, "other", "arm64"], // U-Boot
])("code %i is %s for %s, by number and by vendor class", (code, firmware, cpu) => {
  expect(architectures[code]).toMatchObject({ firmware, cpu });
  const vendorClassIdentifier = `PXEClient:Arch:${String(code).padStart(5, "0")}:UNDI:003000`;
  expect(clientOf(from(stranger, "DHCPDISCOVER", { vendorClassIdentifier })).architectures).toEqual([code]);
});
