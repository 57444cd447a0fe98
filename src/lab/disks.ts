import { constants, copyFile, open } from "node:fs/promises";
import { DrybootError } from "../core/errors.ts";

/** A disk as a site asks for it: an empty one, or one that begins as a copy of a file. */
export type WantedDisk = Readonly<{ sizeBytes: number } | { file: string }>;

/** A disk as QEMU is given it. */
export interface Disk {
  path: string;
  format: "raw" | "qcow2";
}

/**
 * Makes the disk of a machine at `path`, where it belongs to one run: what it was copied from is only read. One that is
 * there already stays as it is, because the machine has been plugged in before.
 */
export async function makeDisk(wanted: WantedDisk, path: string): Promise<Disk> {
  const format = "file" in wanted ? await formatOf(wanted.file) : "raw";
  try {
    if ("file" in wanted) {
      await copyFile(wanted.file, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    } else {
      await using file = await open(path, "wx");
      await file.truncate(wanted.sizeBytes); // a hole: it takes room as the machine writes to it
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw notMade(path, cause);
  }
  return { path, format };
}

/** From the file it began as, and told to QEMU: guessed from the disk itself, the format would be the guest's to choose. */
async function formatOf(path: string): Promise<Disk["format"]> {
  try {
    await using file = await open(path, "r");
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString("latin1") === "QFI\xfb" ? "qcow2" : "raw";
  } catch (cause) {
    throw new DrybootError("the file that a disk begins as cannot be read", {
      code: "DISK_UNREADABLE",
      where: path,
      hint: "`file` of a disk is a path from the site file's folder to a raw or qcow2 image",
      exitCode: 2,
      cause,
    });
  }
}

function notMade(path: string, cause: unknown): DrybootError {
  return new DrybootError("a machine's disk cannot be made", {
    code: "DISK_NOT_MADE",
    where: path,
    hint: "disks stand in the run's folder: make room there, or give another one with --reports DIR",
    cause,
  });
}
