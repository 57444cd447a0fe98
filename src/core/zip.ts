import { crc32, deflateRawSync } from "node:zlib";

/** Signatures and sizes of PKWARE's APPNOTE.TXT, §4.3. No entry here needs more than its fields of 32 bits. */
export const zip = {
  localHeader: { signature: 0x04034b50, bytes: 30 },
  directoryHeader: { signature: 0x02014b50, bytes: 46 },
  directoryEnd: { signature: 0x06054b50, bytes: 22 },
  stored: 0,
  deflated: 8,
  /** Where fields of 32 bits end; a file that grows so long is closed before that. */
  mostBytes: 2 ** 31,
  mostEntries: 0xffff,
} as const;

/** Names in UTF-8 (bit 11). Sizes stand in front of the content, so that it can be read without the directory. */
const flags = 0x0800;
const version = 20; // 2.0: deflate
/** 1980-01-01, the first day a zip can name: what an entry is of says when it was. */
const date = (1 << 5) | 1;

/** What the directory says about an entry that stands at `offset`. */
export type ZipRecord = Readonly<{
  name: string;
  method: number;
  checksum: number;
  storedBytes: number;
  sizeBytes: number;
  offset: number;
}>;

/** One entry as it stands in the file, to be written at `offset`. What does not get smaller is stored as it is. */
export function zipEntry(
  name: string,
  content: Uint8Array,
  offset: number,
): { bytes: Buffer; record: ZipRecord } {
  const packed = deflateRawSync(content);
  const smaller = packed.length < content.length;
  const data = smaller ? packed : content;
  const record: ZipRecord = {
    name,
    method: smaller ? zip.deflated : zip.stored,
    checksum: crc32(content),
    storedBytes: data.length,
    sizeBytes: content.length,
    offset,
  };
  const header = Buffer.alloc(zip.localHeader.bytes);
  header.writeUInt32LE(zip.localHeader.signature, 0);
  writeCommon(header, 4, record);
  return { bytes: Buffer.concat([header, Buffer.from(name), data]), record };
}

/** What stands behind the last entry; `offset` is where that is. */
export function zipDirectory(records: readonly ZipRecord[], offset: number): Buffer {
  const headers = records.flatMap((record) => {
    const header = Buffer.alloc(zip.directoryHeader.bytes);
    header.writeUInt32LE(zip.directoryHeader.signature, 0);
    header.writeUInt16LE(version, 4);
    writeCommon(header, 6, record);
    header.writeUInt32LE(record.offset, 42);
    return [header, Buffer.from(record.name)];
  });
  const directory = Buffer.concat(headers);
  const end = Buffer.alloc(zip.directoryEnd.bytes);
  end.writeUInt32LE(zip.directoryEnd.signature, 0);
  end.writeUInt16LE(records.length, 8);
  end.writeUInt16LE(records.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([directory, end]);
}

/** The fields that the entry and the directory share, from "version needed" to the length of the name. */
function writeCommon(header: Buffer, at: number, record: ZipRecord): void {
  header.writeUInt16LE(version, at);
  header.writeUInt16LE(flags, at + 2);
  header.writeUInt16LE(record.method, at + 4);
  header.writeUInt16LE(date, at + 8);
  header.writeUInt32LE(record.checksum, at + 10);
  header.writeUInt32LE(record.storedBytes, at + 14);
  header.writeUInt32LE(record.sizeBytes, at + 18);
  header.writeUInt16LE(Buffer.byteLength(record.name), at + 22);
}
