import { chmod, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { secretIn } from "./secret-file.ts";

async function place() {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-token-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return { folder, path: join(folder, "api.token") };
}

test("the token is made once, for its user alone, and nothing lies beside it", async () => {
  const { folder, path } = await place();
  const token = await secretIn(path, "the token");
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(await secretIn(path, "the token")).toBe(token);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["api.token"]);
});

test("a token of the user's own is taken, and one that is too short refused", async () => {
  const { path } = await place();
  await writeFile(path, "a token of our own\n");
  await chmod(path, 0o600);
  expect(await secretIn(path, "the token")).toBe("a token of our own");
  await writeFile(path, "short\n");
  await expect(secretIn(path, "the token")).rejects.toMatchObject({ code: "STATE_UNUSABLE", where: path });
});
