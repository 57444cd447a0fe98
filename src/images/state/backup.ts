import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import type { Pack } from "tar-stream";
import { pack } from "tar-stream";
import { syncPath } from "../../core/durable.ts";
import { DrybootError } from "../../core/errors.ts";
import { decodeTar } from "../alpine/tar.ts";
import type { Cipher } from "./backup-cipher.ts";
import { decrypted } from "./backup-cipher.ts";
import { entriesOf } from "./check-state.ts";
import type { Histories } from "./histories.ts";
import type { History, Retention } from "./history.ts";
import { historySchema, keptOf } from "./history.ts";
import { historyFailure } from "./state-failure.ts";

const backupName = /^states-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.tar\.(?:age|gpg)$/;

/** Writes one encrypted archive of all histories to a folder, whole or not at all, and removes backups that are too many. */
export async function writeBackup(
  folder: string,
  histories: Histories,
  { cipher, keep, now = new Date() }: { cipher: Cipher; keep: Retention; now?: Date },
): Promise<{ file: string; sizeBytes: number; removed: readonly string[] }> {
  const name = `states-${now.toISOString().replaceAll(/[-:]|\.\d+/g, "")}.tar.${cipher.suffix}`;
  const coming = join(folder, `.${name}.${randomBytes(4).toString("hex")}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    let sizeBytes = 0;
    await using file = await open(coming, "wx", 0o600);
    for await (const chunk of cipher.encrypt(archiveOf(histories))) {
      await file.writeFile(chunk);
      sizeBytes += chunk.length;
    }
    await file.sync();
    await rename(coming, join(folder, name));
    await syncPath(folder);
    return { file: join(folder, name), sizeBytes, removed: await removeOld(folder, keep) };
  } catch (error) {
    await rm(coming, { force: true });
    throw historyFailure(folder, error);
  }
}

async function removeOld(folder: string, keep: Retention): Promise<string[]> {
  const all = (await readdir(folder)).sort().flatMap((name) => {
    const [, ...parts] = backupName.exec(name) ?? [];
    const [year, month, day, hour, minute, second] = parts;
    return parts.length === 0 ? [] : [{ name, at: `${year}-${month}-${day}T${hour}:${minute}:${second}Z` }];
  });
  const kept = keptOf(all, keep);
  const gone = all.filter((backup) => !kept.has(backup)).map(({ name }) => name);
  for (const name of gone) await rm(join(folder, name));
  return gone;
}

/** Every history and every content that one names, as a tar. */
async function* archiveOf(histories: Histories): AsyncGenerator<Uint8Array> {
  const archive = pack();
  const filling = fill(archive, histories).then(
    () => archive.finalize(),
    (error: Error) => archive.destroy(error),
  );
  yield* Readable.from(archive) as AsyncIterable<Uint8Array>;
  await filling;
}

async function fill(archive: Pack, histories: Histories): Promise<void> {
  const write = (name: string, content: Buffer) =>
    new Promise<void>((resolve, reject) => {
      const header = { name, mode: 0o600, size: content.length, mtime: new Date(0) };
      archive.entry(header, content, (error) => (error ? reject(error) : resolve()));
    });
  for (const machine of await histories.machines()) {
    const { history, contents } = await histories.copyOf(machine);
    for (const { sha256, bytes } of contents) await write(`${machine}/${sha256}.apkovl.tar.gz`, bytes);
    await write(`${machine}/history.json`, Buffer.from(JSON.stringify(history)));
  }
}

const limits = { field: "backup", maxEntries: 1_000_000, maxBytes: 2 ** 31 };

/**
 * Puts a backup's histories back, of machines that have none here; nothing is put back before all of it was found to be as
 * it says.
 */
export async function restoreBackup(
  path: string,
  keyFile: string,
  histories: Histories,
): Promise<readonly string[]> {
  const suffix = /\.(age|gpg)$/.exec(basename(path))?.[1] ?? "";
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw unreadable(path, "name a file that `state backup --to DIR` made", cause);
  });
  const machines = new Map<string, Found>();
  for (const { path: name, content } of await decodeTar(await decrypted(bytes, suffix, keyFile), limits)) {
    const [, machine = "", file = ""] = /^([^/]+)\/([^/]+)$/.exec(name) ?? [];
    const found: Found = machines.get(machine) ?? { contents: new Map() };
    machines.set(machine, found);
    if (file === "history.json") {
      found.history = historySchema.parse(JSON.parse(Buffer.from(content).toString()));
    } else found.contents.set(file.replace(".apkovl.tar.gz", ""), content);
  }
  for (const [machine, found] of machines) {
    const problem = await problemOf(found);
    if (problem !== undefined)
      throw unreadable(path, "take an older one", new Error(`${machine}: ${problem}`));
  }
  for (const [machine, { history, contents }] of machines) {
    if (history) await histories.putBack(machine, history, contents);
  }
  return [...machines.keys()];
}

interface Found {
  history?: History;
  contents: Map<string, Uint8Array>;
}

async function problemOf({ history, contents }: Found): Promise<string | undefined> {
  for (const { number, sha256 } of history?.versions ?? []) {
    const content = contents.get(sha256);
    if (!content || digestOf(content) !== sha256) return `version ${number} is not in it as it was`;
    await entriesOf(content);
  }
  return undefined;
}

function unreadable(where: string, hint: string, cause: unknown): DrybootError {
  return new DrybootError("the backup cannot be read", { code: "BACKUP_UNUSABLE", where, hint, cause });
}

const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
