import { crc32, inflateRawSync } from "node:zlib";
import { DecodeError } from "./errors.ts";
import { zip } from "./zip.ts";

/** A file inside a zip. */
export interface ZippedFile {
  name: string;
  sizeBytes: number;
  /** Its content; throws a `DecodeError` where that is damaged. */
  read(): Uint8Array;
}

export interface ReadZip {
  files: readonly ZippedFile[];
  /** Where it is not whole, what is missing: the files that could be read are there all the same. */
  problem?: string;
}

/** A bomb of a few kilobytes must not fill the memory of who looks at a trace from somewhere. */
const largestFile = 512 * 2 ** 20;

/**
 * The files of a zip as `zipEntry` writes them, read from its beginning entry by entry: a writer that was killed leaves
 * no directory, and all whole entries in front of it. Throws a `DecodeError` where it is no zip at all.
 */
export function readZip(bytes: Uint8Array): ReadZip {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files: ZippedFile[] = [];
  let at = 0;
  while (files.length <= zip.mostEntries) {
    const problem = endAt(view, at);
    if (problem !== undefined) {
      if (files.length === 0 && problem !== "") throw new DecodeError("signature", 0, "is no zip's");
      return problem === "" ? { files } : { files, problem };
    }
    const file = fileAt(bytes, view, at);
    if ("problem" in file) return { files, problem: file.problem };
    files.push(file);
    at = file.end;
  }
  return { files, problem: "it has more files than a zip can have" };
}

/** Why there is no file at this place; an empty text where the directory stands, and undefined where there is one. */
function endAt(view: DataView, at: number): string | undefined {
  if (at + 4 > view.byteLength) return "it ends without a directory: its writer was killed";
  const signature = view.getUint32(at, true);
  if (signature === zip.localHeader.signature) return undefined;
  const { directoryHeader, directoryEnd } = zip;
  if (signature === directoryHeader.signature || signature === directoryEnd.signature) return "";
  return `nothing that belongs to a zip stands at byte ${at}`;
}

function fileAt(
  bytes: Uint8Array,
  view: DataView,
  at: number,
): (ZippedFile & { end: number }) | { problem: string } {
  const cut = { problem: "it ends in the middle of a file: its writer was killed" };
  const { bytes: headerBytes } = zip.localHeader;
  if (at + headerBytes > bytes.length) return cut;
  const method = view.getUint16(at + 8, true);
  const checksum = view.getUint32(at + 14, true);
  const storedBytes = view.getUint32(at + 18, true);
  const sizeBytes = view.getUint32(at + 22, true);
  const nameEnd = at + headerBytes + view.getUint16(at + 26, true);
  const begin = nameEnd + view.getUint16(at + 28, true);
  const end = begin + storedBytes;
  if (end > bytes.length) return cut;
  if ((view.getUint16(at + 6, true) & 0x8) !== 0) return { problem: "another program has packed it anew" };
  const name = Buffer.from(bytes.subarray(at + headerBytes, nameEnd)).toString("utf8");
  const damaged = (why: string) => new DecodeError(name, begin, why);
  const read = () => {
    if (sizeBytes > largestFile) throw damaged(`is ${sizeBytes} bytes long`);
    const content = unpacked(method, bytes.subarray(begin, end), sizeBytes);
    if (content?.length !== sizeBytes || crc32(content) !== checksum) throw damaged("is damaged");
    return content;
  };
  return { name, sizeBytes, read, end };
}

function unpacked(method: number, data: Uint8Array, sizeBytes: number): Uint8Array | undefined {
  if (method === zip.stored) return data;
  if (method !== zip.deflated) return undefined;
  try {
    return inflateRawSync(data, { maxOutputLength: Math.max(sizeBytes, 1) });
  } catch {
    return undefined;
  }
}
