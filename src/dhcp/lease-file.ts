import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { decodeRecord, journalHeader } from "./lease-record.ts";
import { LeaseTable } from "./leases.ts";

/** The journal in a store's folder. */
export const journalFile = (folder: string): string => join(folder, "leases.journal");

export type LoadedLeases = Readonly<{
  table: LeaseTable;
  /** Records that could not be read though others follow them: not what a crash leaves behind. */
  damaged: number;
}>;

/** What a journal says, also while a server writes it; no leases when there is none. */
export async function loadLeases(folder: string): Promise<LoadedLeases> {
  const file = journalFile(folder);
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return { table: new LeaseTable(), damaged: 0 };
    throw storeFailed("cannot read the leases", file, cause);
  }
  if (!bytes.subarray(0, journalHeader.length).equals(Buffer.from(journalHeader))) throw notOurs(file, bytes);
  return readRecords(bytes.subarray(journalHeader.length));
}

/**
 * Later records replace earlier ones. Behind the last there are the zeros the file was made longer with; a power cut
 * in the middle of a write leaves lines there that nobody was told of, and they are passed over.
 */
export function readRecords(bytes: Buffer): LoadedLeases {
  const table = new LeaseTable();
  let damaged = 0;
  let unread = 0;
  for (let start = 0; start < bytes.length && bytes[start] !== 0; ) {
    const end = bytes.indexOf(0x0a, start);
    const lease = end === -1 ? undefined : decodeRecord(bytes.subarray(start, end));
    if (lease) {
      table.store(lease);
      damaged += unread; // something good follows
      unread = 0;
    } else {
      unread += 1;
    }
    if (end === -1) break;
    start = end + 1;
  }
  return { table, damaged };
}

function notOurs(file: string, bytes: Buffer): DrybootError {
  const version = /^dryboot leases (\d+)\n/.exec(bytes.toString("latin1", 0, 40))?.[1];
  return new DrybootError(
    version === undefined
      ? `${file} is no lease journal`
      : `${file} is of version ${version}, and this dryboot reads version 1`,
    {
      code: "LEASES_UNREADABLE",
      where: file,
      hint:
        version === undefined
          ? "its first line is damaged or not ours: look at it, and move it away to begin without leases"
          : "use the dryboot that wrote it",
    },
  );
}

const hints: Readonly<Record<string, string>> = {
  EACCES: "the store must be readable and writable for the user the server runs as",
  EROFS: "the file system is read-only: keep the leases on another",
  ENOSPC: "make room on that file system; leases are small",
  ENOTDIR: "a store is a folder: name one, or a path where one can be made",
  EEXIST: "a store is a folder: name one, or a path where one can be made",
};

export function storeFailed(what: string, where: string, cause: unknown): DrybootError {
  const hint = hints[(cause as NodeJS.ErrnoException).code ?? ""] ?? "read the cause above";
  return new DrybootError(what, { code: "LEASES_FAILED", where, hint, cause });
}
