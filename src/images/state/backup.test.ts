import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generateIdentity, identityToRecipient } from "age-encryption";
import { generateKey } from "openpgp";
import { describe, expect, test } from "vitest";
import { restoreBackup, writeBackup } from "./backup.ts";
import type { Cipher } from "./backup-cipher.ts";
import { ageCipher, openPgpCipher } from "./backup-cipher.ts";
import { Histories } from "./histories.ts";
import { apkovl, inPieces, testFolder, usualState } from "./states.fixture.ts";

const keep = { last: 2, daily: 0, weekly: 0 };

async function age(folder: string): Promise<{ cipher: Cipher; key: string }> {
  const identity = await generateIdentity();
  const key = join(folder, "key.txt");
  await writeFile(key, `# created: today\n${identity}\n`);
  return { cipher: ageCipher([await identityToRecipient(identity)]), key };
}

async function openPgp(folder: string): Promise<{ cipher: Cipher; key: string }> {
  const { privateKey, publicKey } = await generateKey({ userIDs: [{ name: "somebody" }] });
  const [key, shown] = [join(folder, "private.asc"), join(folder, "public.asc")];
  await writeFile(key, privateKey);
  await writeFile(shown, publicKey);
  return { cipher: await openPgpCipher(shown), key };
}

async function withStates() {
  const folder = await testFolder();
  const histories = new Histories(folder);
  for (const [machine, hostname] of [
    ["shoe", "a"],
    ["shoe", "b"],
    ["box", "c"],
  ] as const) {
    const body = inPieces(await apkovl({ ...usualState, "etc/hostname": `HUNTER2 ${hostname}\n` }));
    await histories.take({ machine, body, from: "10.69.0.10" });
  }
  await histories.choose("shoe", 1);
  return { folder, histories };
}

describe("a backup of all states", () => {
  test.each([
    ["age", age],
    ["OpenPGP", openPgp],
  ] as const)("by %s comes back as it was, and is readable by nobody else", async (_, make) => {
    const { folder, histories } = await withStates();
    const { cipher, key } = await make(folder);
    const { file, sizeBytes } = await writeBackup(join(folder, "backups"), histories, { cipher, keep });
    const bytes = await readFile(file);
    expect([bytes.length, bytes.includes("shoe"), bytes.includes("HUNTER2")]).toEqual([
      sizeBytes,
      false,
      false,
    ]);
    const elsewhere = new Histories(await testFolder());
    expect(await restoreBackup(file, key, elsewhere)).toEqual(["box", "shoe"]);
    for (const machine of ["shoe", "box"]) {
      expect(await elsewhere.of(machine)).toEqual(await histories.of(machine));
      for (const version of (await histories.of(machine)).versions) {
        expect(await readFile(elsewhere.pathOf(machine, version))).toEqual(
          await readFile(histories.pathOf(machine, version)),
        );
      }
    }
    await expect(restoreBackup(file, key, elsewhere)).rejects.toMatchObject({ code: "STATE_IN_USE" });
    const other = join(folder, "other");
    await mkdir(other);
    await expect(restoreBackup(file, (await make(other)).key, elsewhere)).rejects.toMatchObject({
      code: "KEY_UNUSABLE",
    });
  });

  test("that was damaged, or is none, puts nothing back", async () => {
    const { folder, histories } = await withStates();
    const { cipher, key } = await age(folder);
    const { file } = await writeBackup(join(folder, "backups"), histories, { cipher, keep });
    const bytes = await readFile(file);
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    await writeFile(file, bytes);
    const elsewhere = new Histories(await testFolder());
    await expect(restoreBackup(file, key, elsewhere)).rejects.toMatchObject({ code: "KEY_UNUSABLE" });
    await expect(restoreBackup(join(folder, "no.age"), key, elsewhere)).rejects.toMatchObject({
      code: "BACKUP_UNUSABLE",
    });
    expect(await elsewhere.machines()).toEqual([]);
  });

  test("stays beside as many others as are kept", async () => {
    const { folder, histories } = await withStates();
    const { cipher } = await age(folder);
    const backups = join(folder, "backups");
    for (const day of [1, 2, 3]) {
      await writeBackup(backups, histories, { cipher, keep, now: new Date(Date.UTC(2026, 10, day)) });
    }
    await writeFile(join(backups, "notes.txt"), "");
    const names = ["notes.txt", "states-20261102T000000Z.tar.age", "states-20261103T000000Z.tar.age"];
    expect((await readdir(backups)).sort()).toEqual(names);
  });

  test("is for somebody: what is no recipient or key is refused", async () => {
    expect(() => ageCipher(["age1nonsense"])).toThrow(expect.objectContaining({ code: "KEY_UNUSABLE" }));
    const folder = await testFolder();
    await writeFile(join(folder, "key"), "nonsense");
    await expect(openPgpCipher(join(folder, "key"))).rejects.toMatchObject({ code: "KEY_UNUSABLE" });
  });
});
