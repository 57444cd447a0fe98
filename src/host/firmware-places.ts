/** Where distributions put firmware and loaders, most wanted first. `{data}` stands for each of QEMU's own folders. */

/** Code and the variables that belong to it. The 4 MiB builds come first: the 2 MiB ones have no room for newer keys. */
export const uefiPlaces: readonly (readonly [code: string, vars: string])[] = [
  ["/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"], // Debian, Ubuntu
  ["/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"], // Fedora
  ["/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"], // Arch
  ["/usr/share/edk2-ovmf/x64/OVMF_CODE.fd", "/usr/share/edk2-ovmf/x64/OVMF_VARS.fd"], // Arch before 2023
  ["/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"], // Debian up to 12, Alpine
  ["/usr/share/qemu/ovmf-x86_64-code.bin", "/usr/share/qemu/ovmf-x86_64-vars.bin"], // openSUSE
  ["/run/libvirt/nix-ovmf/OVMF_CODE.fd", "/run/libvirt/nix-ovmf/OVMF_VARS.fd"], // NixOS
  ["{data}/edk2-x86_64-code.fd", "{data}/edk2-i386-vars.fd"], // what QEMU itself ships; the variables serve both widths
];

/** Code that trusts only what is signed, and variables with Microsoft's keys in them. */
const secureUefiPlaces: typeof uefiPlaces = [
  ["/usr/share/OVMF/OVMF_CODE_4M.ms.fd", "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"], // Debian, Ubuntu
  ["/usr/share/edk2/ovmf/OVMF_CODE.secboot.fd", "/usr/share/edk2/ovmf/OVMF_VARS.secboot.fd"], // Fedora
];

const arm64UefiPlaces: typeof uefiPlaces = [
  ["/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"], // Debian, Ubuntu
  ["/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw", "/usr/share/edk2/aarch64/vars-template-pflash.raw"], // Fedora
];

export const placesOfUefi = {
  uefi: uefiPlaces,
  "uefi-secure": secureUefiPlaces,
  "uefi-arm64": arm64UefiPlaces,
} as const;
export type UefiKind = keyof typeof placesOfUefi;

export const biosPlaces: readonly string[] = ["{data}/bios-256k.bin", "/usr/share/seabios/bios-256k.bin"];

export const romNames = ["pxe-virtio.rom", "efi-virtio.rom"] as const;
export type RomName = (typeof romNames)[number];

export const romFolders: readonly string[] = [
  "{data}",
  "/usr/lib/ipxe/qemu", // Debian up to 12
  "/usr/share/ipxe/qemu", // Fedora
];

/** The loaders we serve, by the names of iPXE's own build, and what others call them. */
export const loaderFiles = {
  "snponly.efi": ["snponly.efi", "ipxe-snponly-x86_64.efi", "x86_64/snponly.efi"],
  "ipxe.efi": ["ipxe.efi", "ipxe-amd64.efi", "ipxe-x86_64.efi", "x86_64/ipxe.efi"],
  "ipxe-arm64.efi": ["ipxe-arm64.efi", "arm64-efi/ipxe.efi"],
  "undionly.kpxe": ["undionly.kpxe"],
  "ipxe.pxe": ["ipxe.pxe"],
} as const satisfies Record<string, readonly string[]>;
export type LoaderName = keyof typeof loaderFiles;
export const loaderNames = Object.keys(loaderFiles) as LoaderName[];

export const loaderFolders: readonly string[] = [
  "/usr/lib/ipxe", // Debian, Ubuntu
  "/usr/share/ipxe", // Fedora, Arch, Alpine
  "/run/current-system/sw/share/ipxe", // NixOS
];
