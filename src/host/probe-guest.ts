/**
 * The guest the accelerator is judged by: one boot sector, assembled by hand, that SeaBIOS loads from a disk.
 * It does what every boot we care about does early on: runs firmware, real mode, the switch to long mode, paging, and
 * a stretch of plain computing. An accelerator that opens but cannot do these is of no use, whatever QMP says of it.
 *
 * Each stage it reaches is one character on the debug console, so that a guest which dies shows how far it came.
 */

const loadAddress = 0x7c00; // where a BIOS puts a boot sector, and starts it

/** Ports of `isa-debugcon` and `isa-debug-exit`, as `guestDevices` below asks for them. */
const debugPort = 0xe9;
const exitPort = 0xf4;

/** `isa-debug-exit` ends QEMU with twice the byte written, plus one: 85, which QEMU itself never ends with. */
const exitByte = 0x2a;
export const guestExitCode = exitByte * 2 + 1;

/** What a guest writes that came through whole: real mode, long mode, and the right sum. */
export const guestStages = "123";

const rounds = 20_000_000; // some 50 ms of TCG: enough to tell computing from waiting
const sum = (BigInt(rounds) * BigInt(rounds + 1)) / 2n;

const u16 = (value: number) => [value & 0xff, (value >> 8) & 0xff];
const u32 = (value: number) => [...u16(value & 0xffff), ...u16(value >>> 16)];
const u64 = (value: bigint) => [...u32(Number(value & 0xffff_ffffn)), ...u32(Number(value >> 32n))];
const say = (stage: number) => [
  ...[0xb0, guestStages.charCodeAt(stage)], // mov al, stage
  ...[0xe6, debugPort], // out debugPort, al
];

// The four tables of long mode, in memory a BIOS leaves free; one 2 MiB page maps all that the program touches.
const pageMap = 0x1000;
const pagePointers = 0x2000;
const pageDirectory = 0x3000;
const scratch = 0x5000;
const present = 0x3; // present, writable (Intel SDM 3A, table 4-15)
const largePage = 0x83; // the same, and 2 MiB large

const longMode = [
  ...say(1),
  ...[0x31, 0xc0], // xor eax, eax
  ...[0xb9, ...u32(rounds)], // mov ecx, rounds
  // again:
  ...[0x48, 0x01, 0xc8], // add rax, rcx
  ...[0x48, 0x89, 0x04, 0x25, ...u32(scratch)], // mov [scratch], rax
  ...[0xff, 0xc9], // dec ecx
  ...[0x75, 0xf1], // jnz again
  ...[0x48, 0xb9, ...u64(sum)], // mov rcx, sum
  ...[0x48, 0x39, 0xc8], // cmp rax, rcx
  ...[0x75, 0x08], // jne stop
  ...say(2),
  ...[0xb0, exitByte], // mov al, exitByte
  ...[0xe6, exitPort], // out exitPort, al
  // stop:
  0xf4, // hlt
  ...[0xeb, 0xfd], // jmp stop
];

/** Flat 64-bit code segment at selector 8: present, executable, readable, long (Intel SDM 3A, §3.4.5). */
const descriptors = [...u64(0n), ...u64(0x0020_9a00_0000_0000n)];

const realModeBytes = 0x62;
const descriptorsAddress = loadAddress + realModeBytes + longMode.length;
const descriptorsPointer = descriptorsAddress + descriptors.length;

const realMode = [
  0xfa, // cli: nothing here answers an interrupt
  ...[0x31, 0xc0], // xor ax, ax
  ...[0x8e, 0xd8], // mov ds, ax
  ...[0x8e, 0xc0], // mov es, ax
  ...[0x8e, 0xd0], // mov ss, ax
  ...[0xbc, ...u16(loadAddress)], // mov sp, loadAddress
  ...say(0),
  0xfc, // cld
  ...[0xbf, ...u16(pageMap)], // mov di, pageMap
  ...[0xb9, ...u16(0x3000 / 2)], // mov cx, words in three tables
  ...[0x31, 0xc0], // xor ax, ax
  ...[0xf3, 0xab], // rep stosw
  ...[0xc7, 0x06, ...u16(pageMap), ...u16(pagePointers | present)], // mov word [pageMap], ...
  ...[0xc7, 0x06, ...u16(pagePointers), ...u16(pageDirectory | present)], // mov word [pagePointers], ...
  ...[0xc7, 0x06, ...u16(pageDirectory), ...u16(largePage)], // mov word [pageDirectory], ...
  ...[0x66, 0xb8, ...u32(0x20)], // mov eax, PAE
  ...[0x0f, 0x22, 0xe0], // mov cr4, eax
  ...[0x66, 0xb8, ...u32(pageMap)], // mov eax, pageMap
  ...[0x0f, 0x22, 0xd8], // mov cr3, eax
  ...[0x66, 0xb9, ...u32(0xc000_0080)], // mov ecx, EFER
  ...[0x0f, 0x32], // rdmsr
  ...[0x0d, ...u16(0x100)], // or ax, LME
  ...[0x0f, 0x30], // wrmsr
  ...[0x0f, 0x01, 0x16, ...u16(descriptorsPointer)], // lgdt [descriptorsPointer]
  ...[0x0f, 0x20, 0xc0], // mov eax, cr0
  ...[0x66, 0x0d, ...u32(0x8000_0001)], // or eax, PG | PE
  ...[0x0f, 0x22, 0xc0], // mov cr0, eax
  ...[0xea, ...u16(loadAddress + realModeBytes), ...u16(8)], // jmp 8:longMode
];

/** The boot sector: 512 bytes that end in the signature a BIOS looks for. */
export function guestSector(): Uint8Array {
  const sector = new Uint8Array(512);
  sector.set([...realMode, ...longMode, ...descriptors]);
  sector.set([...u16(descriptors.length - 1), ...u32(descriptorsAddress)], descriptorsPointer - loadAddress);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

/** Descriptors that QEMU inherits, by what they are open for: QEMU asks for exactly the one it needs. */
export interface GuestDescriptors {
  sectorForReading: number;
  sectorForBoth: number;
  stagesForWriting: number;
}

/** The machine that runs it. It is given descriptors and no names: nothing can be left behind in a file system. */
export function guestDevices(descriptors: GuestDescriptors): string[] {
  return [
    ...["-add-fd", `set=1,fd=${descriptors.sectorForReading}`],
    ...["-add-fd", `set=1,fd=${descriptors.sectorForBoth}`],
    ...["-add-fd", `set=2,fd=${descriptors.stagesForWriting}`],
    ...["-drive", "file=/dev/fdset/1,format=raw,if=ide"],
    ...["-chardev", "file,id=stages,path=/dev/fdset/2"],
    ...["-device", `isa-debugcon,iobase=${debugPort},chardev=stages`],
    ...["-device", `isa-debug-exit,iobase=${exitPort},iosize=4`],
  ];
}
