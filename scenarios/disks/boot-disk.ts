import { efiProgram } from "./efi-program.ts";

/** What the disk says on the console when it is booted, by the firmware that boots it. */
export const diskSays = {
  bios: "local disk: its boot sector runs",
  uefi: "local disk: its EFI program runs",
} as const;

const sector = 512;
/** A 1.44 MB floppy's figures: the smallest FAT volume that everybody reads (FAT12, one sector a cluster). */
const volume = { sectors: 2880, reserved: 1, fats: 2, fatSectors: 9, rootEntries: 224, media: 0xf0 } as const;
const rootBegin = volume.reserved + volume.fats * volume.fatSectors;
const dataBegin = rootBegin + (volume.rootEntries * 32) / sector;
/** Where a BIOS puts a boot sector, and how long the jump and the volume's figures in front of its code are. */
const loadedAt = 0x7c00;
const codeAt = 0x3e;

/**
 * A disk that boots on either firmware and says so on the serial console: a FAT volume without partitions, whose boot
 * sector is a program of ours, with another one as `\EFI\BOOT\BOOTX64.EFI`.
 */
export function bootDisk(): Uint8Array {
  const disk = Buffer.alloc(volume.sectors * sector);
  bootSector().copy(disk);
  const program = efiProgram(diskSays.uefi);
  const last = 4 + Math.ceil(program.length / sector) - 1; // clusters are counted from 2: two folders, then the program
  const chain = Array.from({ length: last - 3 }, (_, at) => (4 + at === last ? 0xfff : 5 + at));
  const table = allocationTable([0xf00 | volume.media, 0xfff, 0xfff, 0xfff, ...chain]);
  for (let fat = 0; fat < volume.fats; fat++)
    table.copy(disk, (volume.reserved + fat * volume.fatSectors) * sector);

  folderEntry("EFI", 2).copy(disk, rootBegin * sector);
  const efi = [folderEntry(".", 2), folderEntry("..", 0), folderEntry("BOOT", 3)];
  Buffer.concat(efi).copy(disk, dataBegin * sector);
  const boot = [folderEntry(".", 3), folderEntry("..", 2), entry("BOOTX64 EFI", 0x20, 4, program.length)];
  Buffer.concat(boot).copy(disk, (dataBegin + 1) * sector);
  disk.set(program, (dataBegin + 2) * sector);
  return disk;
}

function bootSector(): Buffer {
  const bytes = Buffer.alloc(sector);
  bytes.set([0xeb, codeAt - 2, 0x90]); // jmp code; nop
  bytes.write("DRYBOOT ", 3, "latin1");
  bytes.writeUInt16LE(sector, 11);
  bytes.writeUInt8(1, 13); // sectors of a cluster
  bytes.writeUInt16LE(volume.reserved, 14);
  bytes.writeUInt8(volume.fats, 16);
  bytes.writeUInt16LE(volume.rootEntries, 17);
  bytes.writeUInt16LE(volume.sectors, 19);
  bytes.writeUInt8(volume.media, 21);
  bytes.writeUInt16LE(volume.fatSectors, 22);
  bytes.writeUInt16LE(18, 24); // sectors of a track
  bytes.writeUInt16LE(2, 26); // heads
  bytes.writeUInt8(0x29, 38); // a serial number, a label and a type follow
  bytes.write("DRYBOOT    FAT12   ", 43, "latin1");
  printsAndHalts(diskSays.bios).copy(bytes, codeAt);
  bytes.set([0x55, 0xaa], 510); // without it, no BIOS starts it
  return bytes;
}

/** 16-bit code that writes a line to the first serial port and stops for ever. */
function printsAndHalts(text: string): Buffer {
  const code = [
    ...[0x31, 0xc0], //       xor ax, ax
    ...[0x8e, 0xd8], //       mov ds, ax
    0xfc, //                  cld
    ...[0xbe, 0x00, 0x00], // mov si, text          its address is put in below
    0xac, //             8:   lodsb
    ...[0x84, 0xc0], //       test al, al
    ...[0x74, 0x11], //       jz 30                 the text ends with a zero
    ...[0x88, 0xc3], //       mov bl, al
    ...[0xba, 0xfd, 0x03], // mov dx, 0x3fd         COM1's line status
    0xec, //            18:   in al, dx
    ...[0xa8, 0x20], //       test al, 0x20         room for a byte?
    ...[0x74, 0xfb], //       jz 18
    ...[0xb2, 0xf8], //       mov dl, 0xf8          COM1's data: 0x3f8
    ...[0x88, 0xd8], //       mov al, bl
    0xee, //                  out dx, al
    ...[0xeb, 0xea], //       jmp 8
    0xf4, //            30:   hlt
    ...[0xeb, 0xfd], //       jmp 30                an interrupt woke it
  ];
  const bytes = Buffer.from(code);
  bytes.writeUInt16LE(loadedAt + codeAt + bytes.length, 6);
  return Buffer.concat([bytes, Buffer.from(`\r\n${text}\r\n\0`, "latin1")]);
}

/** FAT12: two entries in three bytes. */
function allocationTable(entries: readonly number[]): Buffer {
  const bytes = Buffer.alloc(volume.fatSectors * sector);
  for (const [index, value] of entries.entries()) {
    const at = Math.floor(index * 1.5);
    const shifted = index % 2 === 0 ? value : value << 4;
    bytes.writeUInt16LE(bytes.readUInt16LE(at) | shifted, at);
  }
  return bytes;
}

const folderEntry = (name: string, cluster: number) => entry(name.padEnd(11), 0x10, cluster, 0);

function entry(name: string, attributes: number, cluster: number, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.write(name, "latin1");
  bytes.writeUInt8(attributes, 11);
  bytes.writeUInt16LE((1 << 5) | 1, 24); // 1 January 1980: a day and a month of zero are none
  bytes.writeUInt16LE(cluster, 26);
  bytes.writeUInt32LE(sizeBytes, 28);
  return bytes;
}
