import type { Stats } from "node:fs";
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
} from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { DrybootError } from "../core/errors.ts";
import { historiesFolder } from "../images/state/histories.ts";
import type { User } from "./privileges.ts";

/**
 * Where a server keeps what must outlive it (leases, log) and is spoken to: `/var/lib/dryboot` for root, else below the
 * user's state folder (XDG base directory specification).
 */
export function defaultStateFolder(env: NodeJS.ProcessEnv = process.env, uid = process.getuid?.()): string {
  if (uid === 0) return "/var/lib/dryboot";
  const { XDG_STATE_HOME } = env;
  return join(XDG_STATE_HOME || join(homedir(), ".local/state"), "dryboot");
}

export class StateFolder {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes it, for nobody else to look into. */
  static open(path: string): StateFolder {
    const folder = new StateFolder(resolve(path));
    try {
      mkdirSync(folder.path, { recursive: true, mode: 0o700 });
      chmodSync(folder.path, 0o700);
      folder.#entries();
      return folder;
    } catch (cause) {
      throw unusable(folder.path, cause);
    }
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Gives the folder and what is in it to the user that the server becomes; at once, because clients already ask. */
  giveTo({ uid, gid }: User): void {
    try {
      for (const path of this.#entries()) lchownSync(path, uid, gid);
      giveFolder(this.file(historiesFolder), { uid, gid }, foldersInHistories);
      chownSync(this.path, uid, gid);
    } catch (cause) {
      throw unusable(this.path, cause);
    }
  }

  /**
   * Its files. The folder belongs to the unprivileged user of the last run: a link that this user put there would have
   * root give away or write to something else.
   */
  #entries(): string[] {
    const names = readdirSync(this.path).filter((name) => name !== historiesFolder);
    const paths = names.map((name) => this.file(name));
    for (const path of paths) {
      const found = lstatSync(path);
      if (!isHarmless(found)) throw foreign(path, found);
    }
    return paths;
  }
}

/** Of machines in the folder of all, and of nothing in those. */
const foldersInHistories = 1;

/**
 * Gives a folder away with all that is in it, `levels` of folders below it too. Each is held open and gone into through
 * that: one that is swapped for a link meanwhile leads nowhere.
 */
function giveFolder(path: string, to: { uid: number; gid: number }, levels: number): void {
  let folder: number;
  try {
    folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    for (const name of readdirSync(`/proc/self/fd/${folder}`)) {
      const inside = `/proc/self/fd/${folder}/${name}`;
      const found = lstatSync(inside);
      if (found.isDirectory() && levels > 0) giveFolder(inside, to, levels - 1);
      else if (isHarmless(found)) lchownSync(inside, to.uid, to.gid);
      else throw foreign(join(path, name), found);
    }
    fchownSync(folder, to.uid, to.gid);
  } finally {
    closeSync(folder);
  }
}

function isHarmless(found: Stats): boolean {
  return found.isSocket() || (found.isFile() && found.nlink === 1);
}

function foreign(path: string, found: Stats): DrybootError {
  const what = found.isFile() ? "has another name elsewhere" : "is neither a file nor a socket";
  return new DrybootError(`${path} ${what}: it is not ours`, {
    code: "STATE_UNUSABLE",
    where: path,
    hint: "look how it came there, then remove it, or name another folder with --state DIR",
  });
}

function unusable(path: string, cause: unknown): DrybootError {
  if (cause instanceof DrybootError) return cause;
  return new DrybootError(`cannot keep state in ${path}`, {
    code: "STATE_UNUSABLE",
    where: path,
    hint: "name a folder you may write to with --state DIR",
    cause,
  });
}
