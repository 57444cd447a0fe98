/** The smallest ELF file with a `.modinfo` section: header, the section, the section names, three section headers. */
export function moduleFile(modinfo: string): Buffer {
  const names = Buffer.from("\0.modinfo\0.shstrtab\0");
  const info = Buffer.from(modinfo);
  const elf = Buffer.alloc(64 + info.length + names.length + 3 * 64);
  elf.write("\x7fELF\x02\x01\x01", "latin1");
  const table = 64 + info.length + names.length;
  elf.writeBigUInt64LE(BigInt(table), 0x28);
  elf.writeUInt16LE(64, 0x3a);
  elf.writeUInt16LE(3, 0x3c);
  elf.writeUInt16LE(2, 0x3e);
  info.copy(elf, 64);
  names.copy(elf, 64 + info.length);
  const header = (index: number, name: number, offset: number, size: number) => {
    elf.writeUInt32LE(name, table + 64 * index);
    elf.writeBigUInt64LE(BigInt(offset), table + 64 * index + 0x18);
    elf.writeBigUInt64LE(BigInt(size), table + 64 * index + 0x20);
  };
  header(1, 1, 64, info.length);
  header(2, 10, 64 + info.length, names.length);
  return elf;
}
