/** Where the code stands: in the file, and in memory. */
const codeOffset = 0x200;
const codeAddress = 0x1000;
const sectionBytes = 0x200;

/** A whole UEFI program (PE32+, x86-64) that says one line on the firmware's console and stops for ever. */
export function efiProgram(text: string): Uint8Array {
  const bytes = Buffer.alloc(codeOffset + sectionBytes);
  dosHeader().copy(bytes, 0);
  const headers = [Buffer.from("PE\0\0"), coffHeader(), optionalHeader(), sectionHeader()];
  Buffer.concat(headers).copy(bytes, 0x40);
  printsAndHalts(text).copy(bytes, codeOffset);
  return bytes;
}

/** Entered with the image's handle in rcx and the system table in rdx (UEFI 2.10 §2.3.4.2: Microsoft's convention). */
function printsAndHalts(text: string): Buffer {
  const code = Buffer.from([
    ...[0x48, 0x83, 0xec, 0x28], //                   sub rsp, 40        the callee's four words, and alignment
    ...[0x48, 0x8b, 0x4a, 0x40], //                   mov rcx, [rdx+64]  ConOut
    ...[0x48, 0x8d, 0x15, 0x06, 0x00, 0x00, 0x00], // lea rdx, [rip+6]   the text, behind the code
    ...[0xff, 0x51, 0x08], //                         call [rcx+8]       ConOut->OutputString
    0xf4, //                                     18:  hlt
    ...[0xeb, 0xfd], //                               jmp 18             an interrupt woke it
  ]);
  return Buffer.concat([code, Buffer.from(`\r\n${text}\r\n\0`, "utf16le")]);
}

/** Nothing of it is read but the mark and the place of what follows. */
function dosHeader(): Buffer {
  const bytes = Buffer.alloc(0x40);
  bytes.write("MZ");
  bytes.writeUInt32LE(0x40, 0x3c);
  return bytes;
}

function coffHeader(): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt16LE(0x8664, 0); // x86-64
  bytes.writeUInt16LE(1, 2); // sections
  bytes.writeUInt16LE(240, 16); // bytes of the optional header
  // An executable image that knows large addresses. Not "relocations stripped": it runs wherever it is loaded.
  bytes.writeUInt16LE(0x0022, 18);
  return bytes;
}

function optionalHeader(): Buffer {
  const bytes = Buffer.alloc(240);
  bytes.writeUInt16LE(0x20b, 0); // PE32+
  bytes.writeUInt32LE(sectionBytes, 4); // of code
  bytes.writeUInt32LE(codeAddress, 16); // where it begins to run
  bytes.writeUInt32LE(codeAddress, 20); // where its code begins
  bytes.writeUInt32LE(0x1000, 32); // alignment in memory
  bytes.writeUInt32LE(0x200, 36); // alignment in the file
  bytes.writeUInt32LE(codeAddress + 0x1000, 56); // all of it in memory
  bytes.writeUInt32LE(codeOffset, 60); // all headers
  bytes.writeUInt16LE(10, 68); // subsystem: EFI application
  bytes.writeUInt32LE(16, 108); // data directories: all of them empty
  return bytes;
}

function sectionHeader(): Buffer {
  const bytes = Buffer.alloc(40);
  bytes.write(".text");
  bytes.writeUInt32LE(sectionBytes, 8);
  bytes.writeUInt32LE(codeAddress, 12);
  bytes.writeUInt32LE(sectionBytes, 16);
  bytes.writeUInt32LE(codeOffset, 20);
  bytes.writeUInt32LE(0x60000020, 36); // code, executable, readable
  return bytes;
}
