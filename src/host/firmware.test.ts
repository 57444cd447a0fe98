import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Search } from "./firmware.ts";
import { findBios, findFirmware, findUefi, readDescriptor, requireLoader } from "./firmware.ts";
import { versionIn } from "./firmware-file.ts";

describe("looking for firmware", () => {
  let root: string;
  let search: Search;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "dryboot-test-"));
    search = { signal: new AbortController().signal, roots: [root] };
  });
  afterEach(() => rm(root, { recursive: true }));

  async function put(path: string, content: string | Buffer = "x"): Promise<string> {
    const file = join(root, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    return file;
  }

  test("finds nothing in an empty tree, and says how to get what is required", async () => {
    expect(await findFirmware(search)).toEqual({ roms: {}, loaders: {} });
    const missing = {
      code: "FIRMWARE_MISSING",
      exitCode: 2,
      hint: expect.stringContaining("./dryboot setup"),
    };
    expect(await Promise.all([findUefi("uefi", search), findBios(search)])).toEqual([undefined, undefined]);
    await expect(requireLoader("snponly.efi", search)).rejects.toMatchObject({
      ...missing,
      message: expect.stringContaining("snponly.efi"),
    });
  });

  test("takes code only together with its own variables", async () => {
    await put("/usr/share/OVMF/OVMF_CODE_4M.fd");
    await put("/usr/share/OVMF/OVMF_CODE.fd");
    await put("/usr/share/OVMF/OVMF_VARS.fd");
    const found = await findUefi("uefi", search);
    expect([found?.code.path, found?.vars.path]).toEqual([
      join(root, "/usr/share/OVMF/OVMF_CODE.fd"),
      join(root, "/usr/share/OVMF/OVMF_VARS.fd"),
    ]);
  });

  test("tells plain firmware from firmware with Secure Boot and from that for ARM", async () => {
    await put("/usr/share/OVMF/OVMF_CODE_4M.ms.fd", "trusting");
    await put("/usr/share/OVMF/OVMF_VARS_4M.ms.fd", "keys");
    await put("/usr/share/AAVMF/AAVMF_CODE.fd", "ARM");
    await put("/usr/share/AAVMF/AAVMF_VARS.fd", "none");
    expect(await findUefi("uefi", search)).toBeUndefined();
    expect((await findUefi("uefi-secure", search))?.vars.path).toMatch(/OVMF_VARS_4M\.ms\.fd$/);
    expect((await findUefi("uefi-arm64", search))?.code.path).toMatch(/AAVMF_CODE\.fd$/);
  });

  test("knows a loader under another distribution's name, with size and digest", async () => {
    const path = await put("/usr/share/ipxe/ipxe-snponly-x86_64.efi", "MZ iPXE\x001.21.1+ (g7e62)\0");
    expect(await requireLoader("snponly.efi", search)).toEqual({
      path,
      sizeBytes: 24,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      version: "1.21.1+ (g7e62)",
      versionFrom: "file",
    });
  });

  test("passes by a link that leads nowhere and an empty file", async () => {
    await put("/usr/lib/ipxe/undionly.kpxe", "");
    await symlink("/nowhere/ipxe.efi", join(root, "/usr/lib/ipxe/ipxe.efi"));
    expect((await findFirmware(search)).loaders).toEqual({});
  });

  test("prefers the first tree", async () => {
    await put("/first/usr/share/seabios/bios-256k.bin", "1");
    await put("/second/usr/share/seabios/bios-256k.bin", "2");
    const roots = [join(root, "second"), join(root, "first")];
    const found = await findBios({ ...search, roots });
    expect(found?.path).toContain("/second/");
  });

  test("lists a damaged option ROM as holding nothing", async () => {
    await put("/usr/share/ipxe/qemu/pxe-virtio.rom", "not a ROM");
    expect((await findFirmware(search)).roms["pxe-virtio.rom"]).toMatchObject({ images: [] });
  });
});

describe("the version inside a file", () => {
  test.each([
    ["SeaBIOS\0rel-1.16.3-0-ga6ed6b701f0a-prebuilt.qemu.org\0", "1.16.3-0-ga6ed6b701f0a-prebuilt.qemu.org"],
    ["iPXE\x001.0.0+git-20190125.36a4c85-5.1\0", "1.0.0+git-20190125.36a4c85-5.1"],
    ["iPXE\x002.0.0\0", "2.0.0"],
    ["someone else's\x001.2.3\0", undefined],
    ["iPXE, packed", undefined],
  ])("%j is %j", (text, version) => expect(versionIn(Buffer.from(text, "latin1"))).toBe(version));
});

describe("a firmware descriptor", () => {
  const plain = {
    "interface-types": ["uefi"],
    mapping: {
      device: "flash",
      executable: { filename: "/code.fd", format: "raw" },
      "nvram-template": { filename: "/vars.fd", format: "raw" },
    },
    targets: [{ architecture: "x86_64", machines: ["pc-q35-*"] }],
    features: ["acpi-s3"],
  };

  test("of plain UEFI names code and variables", () => {
    expect(readDescriptor(JSON.stringify(plain))).toEqual(["/code.fd", "/vars.fd"]);
  });

  test.each([
    ["for a BIOS", { ...plain, "interface-types": ["bios"] }],
    ["for another processor", { ...plain, targets: [{ architecture: "aarch64" }] }],
    ["with Secure Boot", { ...plain, features: ["secure-boot", "requires-smm"] }],
    [
      "in another format",
      { ...plain, mapping: { ...plain.mapping, executable: { filename: "/c", format: "qcow2" } } },
    ],
    ["of memory-mapped firmware", { ...plain, mapping: { device: "memory", filename: "/ovmf" } }],
  ])("%s is passed by", (_name, other) => expect(readDescriptor(JSON.stringify(other))).toBeUndefined());

  test("that is broken is passed by", () => expect(readDescriptor("{")).toBeUndefined());
});
