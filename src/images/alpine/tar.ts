import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Header } from "tar-stream";
import { extract } from "tar-stream";
import { DecodeError, isAbort } from "../../core/errors.ts";

export type TarType = "file" | "folder" | "symlink" | "hardlink" | "char-device" | "block-device" | "fifo";

/** What a tar archive says of one of its members. */
export interface TarHead {
  /** Relative, without `./` before it or `/` behind it; never leads out of the archive. */
  path: string;
  type: TarType;
  mode: number;
  uid: number;
  gid: number;
  /** Whose numbers these were where it was packed. */
  user?: string;
  group?: string;
  sizeBytes: number;
  /** What a link points to, as it stands there. */
  target?: string;
  device?: { major: number; minor: number };
  /** Extended headers (POSIX.1-2001 pax): apk's digests are among them. */
  pax: ReadonlyMap<string, string>;
}

export interface TarEntry extends TarHead {
  content: Uint8Array;
}

export interface TarLimits {
  /** Of whom it is said that it is wrong. */
  field: string;
  maxEntries: number;
  maxBytes: number;
}

const types: Readonly<Record<string, TarType>> = {
  file: "file",
  "contiguous-file": "file",
  directory: "folder",
  symlink: "symlink",
  link: "hardlink",
  "character-device": "char-device",
  "block-device": "block-device",
  fifo: "fifo",
};

/** Reads a whole archive that is in memory. */
export async function decodeTar(bytes: Uint8Array, limits: TarLimits): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  await readTar(Readable.from([bytes], { objectMode: false }), limits, async (head, content) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    entries.push({ ...head, content: chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks) });
  });
  return entries;
}

/** Reads an archive from a stream, one member after the other; what `visit` leaves of a content is skipped. */
export async function readTar(
  source: Readable,
  limits: TarLimits,
  visit: (head: TarHead, content: AsyncIterable<Uint8Array>) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const { field, maxEntries, maxBytes } = limits;
  const archive = extract();
  // The loop below hears of what goes wrong here: the archive is destroyed with it.
  const feeding = pipeline(source, archive, signal === undefined ? {} : { signal });
  const fed = feeding.catch(() => undefined);
  let [count, bytes] = [0, 0];
  try {
    for await (const entry of archive) {
      const head = headOf(entry.header, field);
      count += 1;
      bytes += head?.sizeBytes ?? 0;
      if (count > maxEntries) throw new DecodeError(field, 0, `more than ${maxEntries} members`);
      if (bytes > maxBytes) throw new DecodeError(field, 0, `more than ${maxBytes} bytes`);
      if (head !== undefined) await visit(head, entry as AsyncIterable<Uint8Array>);
      await skip(entry);
    }
    await feeding;
  } catch (error) {
    archive.destroy();
    source.destroy();
    await fed;
    throw asDecodeError(error, field);
  }
}

/** What tar-stream and zlib say of an archive is no bug of ours; what the file system says of a file is none of the archive's. */
function asDecodeError(error: unknown, field: string): unknown {
  if (!(error instanceof Error) || error instanceof DecodeError || isAbort(error)) return error;
  const code = "code" in error ? String(error.code) : "";
  if (!code.startsWith("Z_") && (error.constructor !== Error || code !== "")) return error;
  return new DecodeError(field, 0, error.message);
}

async function skip(entry: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of entry);
}

/** Undefined for the archive's own root, which says nothing. */
function headOf(header: Header, field: string): TarHead | undefined {
  const { name, mode = 0, uid = 0, gid = 0, size = 0, linkname, devmajor = 0, devminor = 0 } = header;
  const type = types[header.type ?? ""];
  if (type === undefined) throw new DecodeError(field, 0, `a member of a kind nobody knows: ${shown(name)}`);
  const path = name.replace(/^(\.?\/+)+/, "").replace(/\/+$/, "");
  if (path === "" || path === ".") return undefined;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\x00-\x1f\x7f]/.test(path) || path.split("/").some((part) => ["", ".", ".."].includes(part))) {
    throw new DecodeError(field, 0, `a member that is named ${shown(name)}`);
  }
  const link = type === "symlink" || type === "hardlink";
  if (link && !linkname) throw new DecodeError(field, 0, `a link to nothing: ${shown(name)}`);
  return {
    ...{ path, type, mode: mode & 0o7777, uid, gid },
    ...ownersOf(header),
    sizeBytes: type === "file" ? size : 0,
    ...(link && linkname ? { target: linkname } : {}),
    ...(type.endsWith("-device") ? { device: { major: devmajor, minor: devminor } } : {}),
    pax: new Map(Object.entries((header.pax ?? {}) as Record<string, string>)),
  };
}

function ownersOf({ uname, gname }: Header): Pick<TarHead, "user" | "group"> {
  return { ...(uname ? { user: uname } : {}), ...(gname ? { group: gname } : {}) };
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}
