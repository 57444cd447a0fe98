import type { FileHandle } from "node:fs/promises";
import { constants, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { encodeRecord, journalHeader } from "./lease-record.ts";
import type { Lease } from "./leases.ts";

/** A journal being written: `size` bytes of records, and zeros up to `allocated`. */
export type OpenJournal = { readonly handle: FileHandle; size: number; allocated: number };

const leasesPerSlice = 500;
const { O_WRONLY, O_CREAT, O_EXCL, O_DSYNC } = constants;

const newName = (file: string): string => `${file}.new`;

/** A whole journal of these leases with room for twice as many and `room` bytes, on the disk, not yet under its name. */
export async function writeJournal(
  file: string,
  snapshot: Iterable<Lease>,
  room: number,
): Promise<OpenJournal> {
  const leases = [...snapshot]; // as they are now: later ones come behind
  // The folder may belong to the user that an earlier run became: nothing that lies there is followed or overwritten.
  await rm(newName(file), { force: true });
  const handle = await open(newName(file), O_WRONLY | O_CREAT | O_EXCL, 0o600);
  try {
    if (process.getuid?.() === 0) {
      const { uid, gid } = await stat(dirname(file));
      await handle.chown(uid, gid); // `dryboot leases --release` as root must not lock that user's server out
    }
    const journal = { handle, size: 0, allocated: 0 };
    await writeAll(journal, Buffer.from(journalHeader));
    for (let at = 0; at < leases.length; at += leasesPerSlice) {
      const slice = leases.slice(at, at + leasesPerSlice);
      await writeAll(journal, Buffer.from(slice.map(encodeRecord).join("")));
    }
    while (journal.allocated < 2 * journal.size + room && (await allocate(journal)));
    await handle.sync();
    const synced = await open(`/proc/self/fd/${handle.fd}`, O_WRONLY | O_DSYNC); // the same file, whatever its name is
    await handle.close();
    return { ...journal, handle: synced };
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(newName(file), { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Puts a written journal in the place of what is there, so that a power cut leaves the one or the other. */
export async function replaceJournal(file: string, journal: OpenJournal): Promise<void> {
  try {
    await rename(newName(file), file);
    await using folder = await open(dirname(file), "r");
    await folder.sync();
  } catch (error) {
    await journal.handle.close();
    throw error;
  }
}

/** One write need not take all of it: a nearly full disk takes a part and fails the next. */
export async function writeAll(journal: OpenJournal, bytes: Buffer): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await journal.handle.write(bytes, done, bytes.length - done, journal.size);
    done += bytesWritten;
    journal.size += bytesWritten;
  }
}

/** Overwriting zeros takes half as long as growing the file, whose inode goes through the file system's own journal. */
const zeros = Buffer.alloc(2 ** 18);
const allocateBelowBytes = 2 ** 16;

/** Makes the file longer ahead of need, where it outgrew its room before another took its place. */
export async function allocateMore(journal: OpenJournal): Promise<void> {
  if (journal.allocated - journal.size < allocateBelowBytes) await allocate(journal);
}

/** One step; false when there is no room: the write that finds none any more says so. */
async function allocate(journal: OpenJournal): Promise<boolean> {
  const from = Math.max(journal.allocated, journal.size);
  try {
    const { bytesWritten } = await journal.handle.write(zeros, 0, zeros.length, from);
    journal.allocated = from + bytesWritten;
    return bytesWritten > 0;
  } catch {
    return false;
  }
}
