/**
 * An initramfs archive: "newc" cpio, as the kernel reads it (Documentation/driver-api/early-userspace/buffer-format.rst).
 * Nothing in it carries a time, and the order is the paths': same entries, same bytes. What names no owner is root's.
 */
export type CpioEntry = { path: string; mode?: number; owner?: { uid: number; gid: number } } & (
  | { type: "file"; bytes: Uint8Array }
  | { type: "folder" }
  | { type: "symlink"; target: string }
  | { type: "char-device"; major: number; minor: number }
);

// stat(2) st_mode, and the permissions of an entry that names none.
const kinds = {
  file: { format: 0o100000, mode: 0o644 },
  folder: { format: 0o040000, mode: 0o755 },
  symlink: { format: 0o120000, mode: 0o777 },
  "char-device": { format: 0o020000, mode: 0o600 },
} as const;

const root = { uid: 0, gid: 0 };
const trailer = "TRAILER!!!";
const blockBytes = 512; // loaders concatenate archives: whole blocks keep the next one aligned

/** Packs the entries; folders that only appear as a part of a path are added. */
export function packCpio(entries: readonly CpioEntry[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  let ino = 0;
  for (const entry of inOrder(entries)) {
    ino += 1;
    const content = contentOf(entry);
    const { format, mode } = kinds[entry.type];
    const device = entry.type === "char-device" ? entry : { major: 0, minor: 0 };
    const header = { ino, mode: format | (entry.mode ?? mode), nlink: entry.type === "folder" ? 2 : 1 };
    chunks.push(...member(entry.path, content, { ...header, ...(entry.owner ?? root), ...device }));
  }
  chunks.push(
    ...member(trailer, new Uint8Array(), { ino: 0, mode: 0, nlink: 1, ...root, major: 0, minor: 0 }),
  );
  const archive = Buffer.concat(chunks);
  return Buffer.concat([archive, padding(archive.length, blockBytes)]);
}

function contentOf(entry: CpioEntry): Uint8Array {
  if (entry.type === "file") return entry.bytes;
  return Buffer.from(entry.type === "symlink" ? entry.target : "");
}

interface Header {
  ino: number;
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  major: number;
  minor: number;
}

function member(path: string, content: Uint8Array, header: Header): Uint8Array[] {
  const { ino, mode, uid, gid, nlink, major, minor } = header;
  const name = Buffer.from(`${path}\0`);
  // c_ino c_mode c_uid c_gid c_nlink c_mtime c_filesize c_maj c_min c_rmaj c_rmin c_namesize c_chksum
  const fields = [ino, mode, uid, gid, nlink, 0, content.length, 0, 0, major, minor, name.length, 0];
  const head = Buffer.from(
    `070701${fields.map((value) => value.toString(16).toUpperCase().padStart(8, "0")).join("")}`,
  );
  return [head, name, padding(head.length + name.length, 4), content, padding(content.length, 4)];
}

function padding(length: number, to: number): Uint8Array {
  return new Uint8Array((to - (length % to)) % to);
}

/** By path, so that a folder stands before what is in it: the kernel makes no folder that has no entry. */
function inOrder(entries: readonly CpioEntry[]): CpioEntry[] {
  const byPath = new Map<string, CpioEntry>();
  for (const entry of entries) {
    if (!/^[^/]/.test(entry.path) || entry.path.split("/").some((part) => ["", ".", ".."].includes(part))) {
      throw new Error(`not a path inside an archive: ${JSON.stringify(entry.path)}`);
    }
    if (byPath.has(entry.path)) throw new Error(`twice in one archive: ${entry.path}`);
    byPath.set(entry.path, entry);
  }
  for (const path of [...byPath.keys()]) {
    for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) {
      const folder = path.slice(0, at);
      if (!byPath.has(folder)) byPath.set(folder, { type: "folder", path: folder });
    }
  }
  return [...byPath.values()].toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}
