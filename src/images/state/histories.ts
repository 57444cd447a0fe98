import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ClientShares } from "../../core/client-shares.ts";
import { syncPath, writeDurably } from "../../core/durable.ts";
import { DrybootError } from "../../core/errors.ts";
import { lockStore } from "../../host/store-lock.ts";
import { checkState } from "./check-state.ts";
import type { History, Retention, Version } from "./history.ts";
import { added, historySchema, noHistory, retained, usualRetention, withChoice } from "./history.ts";
import { alreadyThere, busy, historyFailure, noSuchMachine, noSuchVersion } from "./state-failure.ts";

/** Name of the folder of histories in a state folder. */
export const historiesFolder = "states";

/** What is handed in, and from where. */
export interface Incoming {
  machine: string;
  body: AsyncIterable<Uint8Array>;
  from: string;
  /** When it is from; now unless said. */
  at?: Date;
}

export type Taken = Readonly<{ version: Version; isNew: boolean; chosen?: number }>;

/** As many as one machine may hand in at once: a second try while the first stands still. */
const mostAtOnce = 2;
/** What is younger may still be coming in. */
const abandonedMs = 3_600_000;
const blobName = /^([0-9a-f]{64})\.apkovl\.tar\.gz$/;

/**
 * The states of all machines on disk: a folder for each, in it a file for each content and one that says what came when.
 * Several processes may work on it at once: the server, and whoever looks or mends beside it.
 */
export class Histories {
  readonly #folder: string;
  readonly #incoming = new ClientShares(mostAtOnce);

  /** `folder` is a server's state folder; nothing is made in it before something comes. */
  constructor(folder: string) {
    this.#folder = join(folder, historiesFolder);
  }

  /** The machines that ever handed in something, in alphabetical order. */
  async machines(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(absent([]));
    return names.filter((name) => isMachineName(name)).sort();
  }

  async of(machine: string): Promise<History> {
    return await readHistory(this.#file(machine, "history.json"));
  }

  /** Where a version's bytes are. */
  pathOf(machine: string, { sha256 }: Pick<Version, "sha256">): string {
    return this.#file(machine, `${sha256}.apkovl.tar.gz`);
  }

  /**
   * Takes a state in, whole or not at all: what comes is written beside, looked through, and named when it is on disk.
   * Then what is too many goes.
   */
  async take(
    { machine, body, from, at = new Date() }: Incoming,
    retention: Retention = usualRetention,
  ): Promise<Taken> {
    if (!this.#incoming.take(machine)) throw busy(machine);
    try {
      await this.#makeFolder(machine);
      const coming = this.#file(machine, `.incoming-${randomBytes(8).toString("hex")}`);
      try {
        const { sha256, sizeBytes } = await receive(coming, body);
        const { entries } = await checkState(coming);
        const came = { at: at.toISOString(), sha256, sizeBytes, entries, from };
        return await this.#locked(machine, async () => {
          const taken = added(await this.of(machine), came);
          const { version, isNew, history } = taken;
          if (isNew) {
            await rename(coming, this.pathOf(machine, version));
            await syncPath(this.#file(machine, "."));
            await this.#write(machine, retained(history, retention));
          }
          const { chosen } = history;
          return { version, isNew, ...(chosen === undefined ? {} : { chosen }) };
        });
      } finally {
        await rm(coming, { force: true });
      }
    } catch (error) {
      throw historyFailure(this.#file(machine, "."), error);
    } finally {
      this.#incoming.giveBack(machine);
    }
  }

  /** A history and every content that it names, as they are at one moment. */
  async copyOf(
    machine: string,
  ): Promise<{ history: History; contents: { sha256: string; bytes: Buffer }[] }> {
    if (!(await this.machines()).includes(machine)) return { history: noHistory, contents: [] };
    return await this.#locked(machine, async () => {
      const history = await this.of(machine);
      const digests = [...new Set(history.versions.map(({ sha256 }) => sha256))];
      const read = digests.map(async (sha256) => {
        return { sha256, bytes: await readFile(this.pathOf(machine, { sha256 })) };
      });
      return { history, contents: await Promise.all(read) };
    });
  }

  /** Puts back what a backup holds of a machine that has no history here. */
  async putBack(machine: string, history: History, contents: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const place = this.#file(machine, ".");
    try {
      await this.#makeFolder(machine);
      await this.#locked(machine, async () => {
        if ((await this.of(machine)).versions.length > 0) throw alreadyThere(machine, place);
        for (const [sha256, bytes] of contents) {
          await writeDurably(this.pathOf(machine, { sha256 }), bytes, 0o600);
        }
        await this.#write(machine, history);
      });
    } catch (error) {
      throw historyFailure(place, error);
    }
  }

  /** From now on this version is handed out, whatever comes. */
  async choose(machine: string, choice: number | "newest"): Promise<History> {
    return await this.#changed(machine, (history) => {
      const there = history.versions.some(({ number }) => number === choice);
      if (choice !== "newest" && !there) throw noSuchVersion(machine, choice, history);
      return withChoice(history, choice);
    });
  }

  /** Makes the machine's token invalid: from its next boot on it has another. */
  async revokeToken(machine: string): Promise<void> {
    await this.#makeFolder(machine);
    await this.#changed(machine, (history) => {
      return { ...history, tokensRevoked: (history.tokensRevoked ?? 0) + 1 };
    });
  }

  /** Removes what is too many, and what an interrupted process left; returns the versions that are gone. */
  async prune(machine: string, retention: Retention): Promise<readonly Version[]> {
    const before = (await this.of(machine)).versions;
    const { versions } = await this.#changed(machine, (history) => retained(history, retention));
    return before.filter(({ number }) => !versions.some((kept) => kept.number === number));
  }

  async #changed(machine: string, change: (before: History) => History): Promise<History> {
    try {
      // Nobody's history is made by asking for it.
      if (!(await this.machines()).includes(machine)) return change(noHistory);
      return await this.#locked(machine, async () => {
        const after = change(await this.of(machine));
        await this.#write(machine, after);
        return after;
      });
    } catch (error) {
      throw historyFailure(this.#file(machine, "."), error);
    }
  }

  /** What names the files first, then the files: at no time is one missing that is named. */
  async #write(machine: string, history: History): Promise<void> {
    const path = this.#file(machine, "history.json");
    await writeDurably(path, `${JSON.stringify(history, null, 1)}\n`, 0o600);
    await this.#giveToOwner(path);
    const named = new Set(history.versions.map(({ sha256 }) => sha256));
    for (const name of await readdir(this.#file(machine, "."))) {
      const [, sha256] = blobName.exec(name) ?? [];
      const path = this.#file(machine, name);
      const goes =
        sha256 === undefined
          ? name.startsWith(".incoming-") && Date.now() - (await stat(path)).mtimeMs > abandonedMs
          : !named.has(sha256);
      if (goes) await rm(path, { force: true });
      else if (sha256 !== undefined) await this.#giveToOwner(path);
    }
  }

  async #locked<Result>(machine: string, work: () => Promise<Result>): Promise<Result> {
    await using _lock = await lockStore(this.#file(machine, ".lock"));
    return await work();
  }

  async #makeFolder(machine: string): Promise<void> {
    for (const path of [this.#folder, this.#file(machine, ".")]) {
      await mkdir(path, { recursive: true, mode: 0o700 });
      if (!(await lstat(path)).isDirectory())
        throw Object.assign(new Error("no folder"), { code: "ENOTDIR" });
      await this.#giveToOwner(path);
    }
  }

  /** Root may work beside a server that is somebody else: what it makes must be readable for that one. */
  async #giveToOwner(path: string): Promise<void> {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = await stat(join(this.#folder, ".."));
    await using handle = await open(path, noFollow);
    await handle.chown(uid, gid);
  }

  #file(machine: string, name: string): string {
    // It may come from a command line.
    if (!isMachineName(machine)) throw noSuchMachine(machine);
    return name === "." ? join(this.#folder, machine) : join(this.#folder, machine, name);
  }
}

/** As names of machines are in site files. */
const isMachineName = (name: string) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name);

const noFollow = constants.O_RDONLY | constants.O_NOFOLLOW;

/** Writes what comes to a new file, and knows it when it is on disk. */
async function receive(
  path: string,
  body: AsyncIterable<Uint8Array>,
): Promise<Pick<Version, "sha256" | "sizeBytes">> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  await using file = await open(path, "wx", 0o600);
  for await (const chunk of body) {
    hash.update(chunk);
    sizeBytes += chunk.length;
    await file.writeFile(chunk);
  }
  await file.sync();
  return { sha256: hash.digest("hex"), sizeBytes };
}

async function readHistory(path: string): Promise<History> {
  const text = await readFile(path, "utf8").catch(absent(undefined));
  if (text === undefined) return noHistory;
  try {
    return historySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new DrybootError("the list of a machine's states cannot be read", {
      code: "STATE_UNUSABLE",
      where: path,
      hint: "take it from a backup (`dryboot state backup --restore FILE`), or remove the folder: the machine then begins anew",
      cause,
    });
  }
}

function absent<Value>(value: Value): (error: NodeJS.ErrnoException) => Value {
  return (error) => {
    if (error.code === "ENOENT") return value;
    throw error;
  };
}
