import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { DecodeError, DrybootError } from "../../core/errors.ts";
import { findInFolder } from "../../core/served-folder.ts";
import { formatSize } from "../../core/units.ts";
import type { Histories } from "./histories.ts";
import type { Retention } from "./history.ts";

/** What became of a file. */
export type Imported = Readonly<
  { file: string } & ({ machine: string; version: number; isNew: boolean } | { problem: string })
>;

/** `HOST.apkovl.tar.gz`, and what `BACKUP_LIMIT` of lbu leaves beside it: `HOST.YYYYmmddHHMMSS.tar.gz`. */
const fileName = /^(.+?)\.(?:apkovl|(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d))\.tar\.gz$/;

/**
 * Takes in what `lbu commit` wrote to a folder, oldest first, as if the machines had handed it in then. The host's name in
 * a file's name is the machine's. What was taken in before is found to be there.
 */
export async function* importFolder(
  folder: string,
  histories: Histories,
  { keep, machines }: { keep: Retention; machines?: readonly string[] },
): AsyncGenerator<Imported> {
  for (const { file, machine, at } of await statesIn(folder)) {
    if (machines && !machines.includes(machine)) {
      yield { file, problem: `the site has no machine ${machine}` };
      continue;
    }
    try {
      yield { file, ...(await takeIn({ folder, file, machine, at }, histories, keep)) };
    } catch (error) {
      if (!(error instanceof DecodeError || error instanceof DrybootError)) throw error;
      yield { file, problem: error.message };
    }
  }
}

interface Found {
  file: string;
  machine: string;
  at: Date;
}

async function takeIn(
  { folder, file, machine, at }: Found & { folder: string },
  histories: Histories,
  keep: Retention,
): Promise<{ machine: string; version: number; isNew: boolean } | { problem: string }> {
  const { versions } = await histories.of(machine);
  const known = versions.find((version) => version.at === at.toISOString());
  if (known) return { machine, version: known.number, isNew: false };
  const newest = versions.at(-1);
  if (newest && Date.parse(newest.at) > at.getTime()) {
    return { problem: `it is older than version ${newest.number}, which is there already` };
  }
  // Whoever may write to the folder may have put a link there to what only we can read.
  const found = await findInFolder(folder, file);
  if (!found || !("open" in found) || !found.open) return { problem: "it is no file of this folder" };
  if (found.sizeBytes > mostBytes) return { problem: `it is longer than ${formatSize(mostBytes)}` };
  await using handle = await found.open();
  const body = handle.createReadStream({ autoClose: false });
  const { version, isNew } = await histories.take({ machine, body, from: `import ${file}`, at }, keep);
  return { machine, version: version.number, isNew };
}

/** As the largest that a site may take over HTTP. */
const mostBytes = 64 * 2 ** 20;

/** The states in a folder, oldest first. */
async function statesIn(folder: string): Promise<Found[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new DrybootError("cannot read the folder to import from", {
      code: "FILE_UNREADABLE",
      where: folder,
      hint: "name the folder that LBU_BACKUPDIR of the machines leads to",
      cause,
    });
  });
  const found: Found[] = [];
  for (const file of names) {
    const [, machine, ...time] = fileName.exec(file) ?? [];
    if (machine === undefined) continue;
    const [year = 0, month = 0, ...rest] = time.map(Number);
    const { mtimeMs } = await lstat(join(folder, file));
    const at = time[0] === undefined ? mtimeMs : Date.UTC(year, month - 1, ...(rest as [number]));
    found.push({ file, machine, at: new Date(Math.floor(at)) });
  }
  return found.sort((one, other) => one.at.getTime() - other.at.getTime());
}
