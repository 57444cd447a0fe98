/** What loaders and firmware ask for, beside the files that are there. */

/** GRUB reads these lists of its platform's folder at its start, and complains about each one that is missing. */
const grubList = /(^|\/)[a-z0-9_]+-(efi|pc|ieee1275|uboot|coreboot|xen|xen_pvh)\/[a-z0-9]+\.lst$/;

/** A Raspberry Pi asks below its serial number first, or below its MAC address when told to. */
const raspberryPrefix = /^([0-9a-f]{8}|[0-9a-f]{2}(-[0-9a-f]{2}){5})\/(?=.)/i;

/** Names that may well be missing: whoever asks for one goes on to the next. */
const probes: readonly RegExp[] = [
  /(^|\/)pxelinux\.cfg\/[^/]+$/, // PXELINUX and U-Boot: UUID, MAC, address in hex digit by digit, `default`
  /(^|\/)grub\.cfg(-[0-9a-f-]+)?$/i,
  grubList,
  raspberryPrefix,
  /^(autoboot|config|cmdline)\.txt$|^(recovery|recover4|start\w*|bootcode\w*)\.(elf|bin)$/, // Raspberry Pi
  /^(fixup\w*\.dat|bootsig\.bin|dt-blob\.bin|vl805\.(bin|sig)|pieeprom\.(upd|sig)|boot\.(img|sig))$/,
  /(^|\/)autoexec\.ipxe$/,
  /(^|\/)(revocations(_sku|_sbat)?|shim_certificate(_\d+)?)\.efi$/i, // shim
  /^([0-9A-F]{8}\.img|boot\.scr(\.uimg)?)$/, // U-Boot
];

/** The names to look for, in this order, when a client asks for a (normalised) path. */
export function namesFor(path: string): string[] {
  const plain = path.replace(raspberryPrefix, "");
  const names = [path, plain];
  // The "layer" of PXE boot menus, which some ROMs add to whatever they were told.
  for (const name of [path, plain]) if (name.endsWith(".0")) names.push(name.slice(0, -2));
  return [...new Set(names)].filter((name) => name !== "" && !name.endsWith("/"));
}

/** Whether a missing file of this name is answered with an empty one. */
export const emptyWhenMissing = (path: string): boolean => grubList.test(path);

export const isProbe = (path: string): boolean => probes.some((pattern) => pattern.test(path));
