import { describe, expect, test } from "vitest";
import { lanes } from "../lab/lanes.ts";
import { laneProblem } from "./lane-check.ts";
import type { WhatRan } from "./what-ran.ts";

const ovmf = { architecture: 7, vendorClass: "PXEClient:Arch:00007:UNDI:003016", isIpxe: false };
const ovmfHttp = { architecture: 16, vendorClass: "HTTPClient:Arch:00016:UNDI:003016", isIpxe: false };
const ipxe = { architecture: 7, isIpxe: true, ipxeVersion: "1.0.0" };

const ran = (parts: Partial<WhatRan>): WhatRan => ({
  clients: [ovmf, ipxe],
  loaders: ["snponly.efi"],
  transports: ["tftp", "http"],
  script: true,
  ...parts,
});

describe("whether a boot went by its lane", () => {
  test("it did, when the right client asked first and fetched the right way", () => {
    expect(laneProblem(lanes["uefi-pxe"], ran({}))).toBeUndefined();
    expect(
      laneProblem(lanes["uefi-http"], ran({ clients: [ovmfHttp, ipxe], transports: ["http"] })),
    ).toBeUndefined();
    expect(laneProblem(lanes["uefi-rom"], ran({ clients: [ipxe], transports: ["http"] }))).toBeUndefined();
  });

  test("who asked instead is named", () => {
    expect(laneProblem(lanes["uefi-pxe"], ran({ clients: [ipxe] }))).toBe(
      "first asked iPXE 1.0.0, architecture 7",
    );
    expect(laneProblem(lanes["uefi-rom"], ran({}))).toMatch(/^first asked PXEClient:Arch:00007/);
    expect(laneProblem(lanes["uefi-pxe"], ran({ clients: [] }))).toBe("nobody asked to be booted");
  });

  test("what was loaded is what the lane loads, whatever modules come beside it", () => {
    const secure = ran({ clients: [ovmf], loaders: ["shimx64.efi", "grubx64.efi"] });
    expect(laneProblem(lanes["uefi-secure"], secure)).toBeUndefined();
    expect(laneProblem(lanes["uefi-grub"], secure)).toBe(
      "it loaded shimx64.efi, grubx64.efi instead of grubnetx64.efi",
    );
    const modules = ran({ clients: [ovmf], loaders: ["grubnetx64.efi", "grub/x86_64-efi/http.mod"] });
    expect(laneProblem(lanes["uefi-grub"], modules)).toBeUndefined();
    expect(laneProblem(lanes["uefi-grub"], ran({ clients: [ovmf], loaders: [] }))).toMatch(
      /^it loaded nothing/,
    );
  });

  test("a lane without TFTP uses none, and one that begins with it does", () => {
    const overBoth = ran({ clients: [ovmfHttp, ipxe], transports: ["http", "tftp"] });
    expect(laneProblem(lanes["uefi-http"], overBoth)).toBe("something was fetched over TFTP");
    expect(laneProblem(lanes["uefi-pxe"], ran({ transports: ["http"] }))).toMatch(/did not come over TFTP/);
  });
});
