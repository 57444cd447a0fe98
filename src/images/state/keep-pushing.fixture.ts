/** A process that takes in one state after the other until it is killed or fails: `node keep-pushing.fixture.ts FOLDER`. */
import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { Histories } from "./histories.ts";

/** What a machine's folder holds that is not as its history says; empty when all is well. */
export async function wrongIn(folder: string, machine: string): Promise<string[]> {
  const histories = new Histories(folder);
  const { versions } = await histories.of(machine);
  const wrong: string[] = [];
  for (const version of versions) {
    const bytes = await readFile(histories.pathOf(machine, version)).catch(() => Buffer.alloc(0));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (sha256 !== version.sha256) wrong.push(`version ${version.number} is not there as it was`);
  }
  return wrong;
}

async function push(folder: string): Promise<void> {
  const histories = new Histories(folder);
  for (;;) {
    const archive = pack();
    archive.entry({ name: "etc/random" }, randomBytes(20_000));
    archive.finalize();
    const state = gzipSync(await buffer(archive));
    async function* body() {
      yield state;
    }
    const { version } = await histories.take(
      { machine: "shoe", from: "", body: body() },
      { last: 100_000, daily: 0, weekly: 0 },
    );
    process.stdout.write(`${version.number}\n`);
  }
}

if (import.meta.main) {
  const [, , folder = ""] = process.argv;
  try {
    await push(folder);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    const left = (await readdir(join(folder, "states", "shoe"))).filter((name) =>
      name.startsWith(".incoming"),
    );
    process.stdout.write(
      `failed ${code}, left ${left.length}, wrong ${(await wrongIn(folder, "shoe")).length}\n`,
    );
  }
}
