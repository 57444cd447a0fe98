import { constants, copyFile, mkdir, rm } from "node:fs/promises";
import type { Recorder } from "../core/timeline.ts";
import type { LeaseFacts } from "./lease-facts.ts";
import { journalFile, loadLeases, storeFailed } from "./lease-file.ts";
import { LeaseJournal } from "./lease-journal.ts";
import { lockFolder } from "./lease-lock.ts";
import { LeaseTable } from "./leases.ts";

/** Leases in memory, of which those that were promised are also in a folder. */
export interface LeaseStore extends AsyncDisposable {
  readonly table: LeaseTable;
  /** Writes what the table has by now for this lease; `written` is called when it would survive a power cut. */
  append: LeaseJournal["append"];
  /** Calls back when all that was appended before would survive a power cut: at once where it does already. */
  settle: LeaseJournal["settle"];
}

/** Leases that are gone with the process: a lab's. */
export function leasesInMemory(): LeaseStore {
  return {
    table: new LeaseTable(),
    append: (_, written) => written?.(),
    settle: (written) => written(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Opens the store of a folder, which is made when it is missing; undefined when another process has it open. */
export async function openLeaseStore(
  folder: string,
  timeline: Recorder<LeaseFacts>,
): Promise<LeaseStore | undefined> {
  const began = performance.now();
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw storeFailed("cannot make the lease store", folder, cause);
  });
  await using starting = new AsyncDisposableStack();
  const lock = await lockFolder(folder);
  if (!lock) return undefined;
  starting.use(lock);
  const { table, damaged } = await loadLeases(folder);
  if (damaged > 0) timeline.record("dhcp.leases-damaged", { ...(await keepCopy(folder)), records: damaged });
  const onFailure = (error: Error) =>
    timeline.record("dhcp.leases-failed", { store: folder, problem: error.message });
  const journal = starting.use(await openJournal(folder, table, onFailure));
  timeline.record("dhcp.leases-loaded", {
    store: folder,
    leases: table.size,
    durationMs: performance.now() - began,
  });
  const opened = starting.move();
  return {
    table,
    append: (lease, written) =>
      journal.append(lease, (error) => {
        if (error) table.unhold(lease); // or the next request for it would be answered as if it were written
        written?.(error);
      }),
    settle: (written) => journal.settle(written),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function openJournal(folder: string, table: LeaseTable, onFailure: (error: Error) => void) {
  try {
    return await LeaseJournal.open(journalFile(folder), { snapshot: () => table.everything(), onFailure });
  } catch (cause) {
    throw storeFailed("cannot write the leases", journalFile(folder), cause);
  }
}

/** What a person may want to look at is not overwritten. */
async function keepCopy(folder: string): Promise<{ store: string; copy: string }> {
  const copy = `${journalFile(folder)}.damaged`;
  try {
    await rm(copy, { force: true });
    await copyFile(journalFile(folder), copy, constants.COPYFILE_EXCL);
  } catch (cause) {
    throw storeFailed("cannot keep a copy of the damaged leases", copy, cause);
  }
  return { store: folder, copy };
}
