import { DecodeError } from "../core/errors.ts";
import { efiDecompress } from "./efi-decompress.ts";
import { versionIn } from "./firmware-file.ts";

/** One image of a PCI option ROM, and what it does for netbooting. */
export interface RomImage {
  for: "bios" | "uefi" | "other";
  /** `full`: an iPXE with its own DHCP, scripts and HTTP. `driver`: only a NIC driver for the firmware's own client. */
  holds: "full iPXE" | "driver" | "unknown";
  /** Of the iPXE it is or was cut from, where it tells. */
  version?: string;
}

/**
 * The images of an option ROM (PCI Firmware specification 3.3, §5.1; UEFI's header: UEFI specification 2.10, §14.4.2).
 * What they hold has to be looked at: Debian's `efi-virtio.rom` is a whole iPXE up to bookworm and a mere driver from
 * trixie on, and a machine boots differently with each.
 */
export function readOptionRom(rom: Uint8Array): RomImage[] {
  const images: RomImage[] = [];
  for (let offset = 0, last = false; !last; ) {
    const image = rom.subarray(offset);
    const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
    if (image.length < 0x1a || view.getUint16(0, true) !== 0xaa55)
      throw new DecodeError("option ROM", offset, "no image starts here");
    const data = view.getUint16(0x18, true); // where the PCI data structure is
    if (
      data + 0x16 > image.length ||
      Buffer.from(image.subarray(data, data + 4)).toString("latin1") !== "PCIR"
    )
      throw new DecodeError("option ROM", offset + data, "the PCI data structure is missing");
    const imageBytes = view.getUint16(data + 0x10, true) * 512;
    if (imageBytes === 0) throw new DecodeError("option ROM", offset + data + 0x10, "an image of no length");
    images.push(readImage(image.subarray(0, imageBytes), view.getUint8(data + 0x14)));
    last = (view.getUint8(data + 0x15) & 0x80) !== 0;
    offset += imageBytes;
  }
  return images;
}

function readImage(image: Uint8Array, codeType: number): RomImage {
  if (codeType === 0) {
    // The body is packed, but the part that unpacks it introduces itself; no driver-only iPXE exists for a BIOS.
    return { for: "bios", holds: contains(image, "iPXE (http") ? "full iPXE" : "unknown" };
  }
  if (codeType !== 3) return { for: "other", holds: "unknown" };
  const program = efiProgram(image);
  if (program === undefined) return { for: "uefi", holds: "unknown" };
  // Scripts are the mark: a driver has no use for them, and a full iPXE cannot do without.
  const holds = contains(program, "#!ipxe") ? "full iPXE" : "driver";
  const version = versionIn(program);
  return { for: "uefi", holds, ...(version && { version }) };
}

function efiProgram(image: Uint8Array): Uint8Array | undefined {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const compression = view.getUint16(0x0c, true);
  const body = image.subarray(view.getUint16(0x16, true));
  if (compression === 0) return body;
  try {
    return compression === 1 ? efiDecompress(body) : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function contains(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(text, 0, "latin1");
}
