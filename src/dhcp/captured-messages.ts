/**
 * Messages as real clients sent them (QEMU 7.2 on a tap, MAC 52:54:00:69:00:0a). Only QEMU's all-zero machine
 * identifier was replaced, by one that shows its byte order. For tests.
 */
export const hex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(/\s/g, ""), "hex"));

const header = (xid: string, flags: string, mac = "52 54 00 69 00 0a") =>
  `01 01 06 00 ${xid} 0000 ${flags} ${"00".repeat(16)} ${mac} ${"00".repeat(10)} ${"00".repeat(192)} 63825363`;

/** iPXE 1.0.0 of 2019 in QEMU's virtio ROM, BIOS. */
export const ipxeRomDiscover = hex(`${header("d2cfcb7f", "0000")}
  35 01 01  39 02 05c0  5d 02 0000  5e 03 010201
  3c 20 505845436c69656e743a417263683a30303030303a554e44493a303032303031
  4d 04 69505845
  37 17 01 03 06 07 0c 0f 11 1a 2b 3c 42 43 77 80 81 82 83 84 85 86 87 af cb
  af 30 b1 05 01 1af41000 eb 03 010000 17 01 01 22 01 01 13 01 01 11 01 01 27 01 01 19 01 01 29 01 01
        10 01 02 21 01 01 15 01 01 18 01 01 12 01 01
  3d 07 01 52540069000a
  61 11 00 00112233445566778899aabbccddeeff
  ff`);

/** OVMF's own PXE client, x64: the broadcast flag, no option 61. */
export const edk2PxeDiscover = hex(`${header("25335511", "8000")}
  35 01 01  39 02 05c0
  37 23 01 02 03 04 05 06 0c 0d 0f 11 12 16 17 1c 28 29 2a 2b 32 33 36 3a 3b 3c 42 43 61 80 81 82 83 84 85 86 87
  61 11 00 00112233445566778899aabbccddeeff  5e 03 010300  5d 02 0007
  3c 20 505845436c69656e743a417263683a30303030373a554e44493a303033303030
  ff`);

/** OVMF's HTTP boot client: the same machine, another boot entry. It asks for option 235: a byte it forgot to fill in. */
export const edk2HttpDiscover = hex(`${header("bbb6fca4", "8000")}
  35 01 01  39 02 05c0
  37 1b 01 02 03 04 05 06 0c 0d 0f 11 12 16 17 1c 28 29 2a 2b 32 33 36 3a 3b 3c eb 43 61
  61 11 00 00112233445566778899aabbccddeeff  5e 03 010300  5d 02 0010
  3c 21 48545450436c69656e743a417263683a30303031363a554e44493a303033303030
  ff`);

/** BusyBox 1.35, as an initramfs runs it: an operating system that wants an address and nothing to boot. */
export const udhcpcDiscover = hex(`${header("ce87b259", "0000")}
  35 01 01  39 02 0240  37 07 01 03 06 0c 0f 1c 2a
  3c 0c 756468637020312e33352e30  3d 07 01 52540069000a
  ff ${"00".repeat(20)}`);
