import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { OpenedImage } from "../../src/images/store.ts";
import { StoreHolds } from "../../src/images/store-holds.ts";
import { DrybootProcess } from "../../src/test/dryboot-process.ts";

/** Runs a command with a store of its own, to its end. */
async function dryboot(store: string, ...args: readonly string[]) {
  await using running = DrybootProcess.start([...args], {
    env: { DRYBOOT_STORE: store, DRYBOOT_SCENARIO_HOST: undefined },
  });
  const { code } = await running.ended;
  return { code, stdout: running.stdout, stderr: running.stderr };
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "dryboot-images-scenario-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

const site = { name: "locked", images: { node: { recipe: "rescue" } }, defaultImage: "node" };

describe("images in stores that were empty", () => {
  test("are the same, byte for byte; are locked, kept while they are used, and collected when they are not", async () => {
    const [one, two] = [await folder(), await folder()];
    const built = await Promise.all(
      [one, two].map((store) => dryboot(store, "image", "build", "rescue", "--json")),
    );
    const [first, second] = built.map(({ stdout, stderr }) => {
      expect(stdout, stderr).not.toBe("");
      return JSON.parse(stdout) as OpenedImage;
    });
    if (first === undefined || second === undefined) throw new Error("two were built");
    expect(second.digest).toBe(first.digest);
    expect(second.inputs).toEqual(first.inputs);
    for (const file of ["kernel", "initrds"] as const) {
      const [a, b] = [first[file], second[file]].map((files) => JSON.stringify(files));
      expect(b?.replaceAll(two, "")).toBe(a?.replaceAll(one, ""));
    }

    const sites = await folder();
    const file = join(sites, "site.json");
    const lockFile = join(sites, "images.lock");
    await writeFile(file, JSON.stringify(site));
    expect(await dryboot(one, "image", "lock", file)).toMatchObject({ code: 0 });
    const locked = await readFile(lockFile, "utf8");
    expect(locked).toContain(first.digest);
    expect(await dryboot(two, "image", "build", "--site", file)).toMatchObject({ code: 0 });
    expect(await readFile(lockFile, "utf8")).toBe(locked);
    const [{ sha256 = "" } = {}] = first.inputs;
    await writeFile(lockFile, locked.replaceAll(sha256, "0".repeat(64)));
    const refused = await dryboot(two, "image", "verify", "--site", file);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`sha256 ${"0".repeat(64)}`);
    expect(refused.stderr).toContain(`./dryboot image lock ${file}  [IMAGE_LOCKED]`);

    const holds = new StoreHolds(two);
    expect(await holds.hold([second.kernel.path])).toBe(true);
    const inUse = await dryboot(two, "image", "remove", "rescue");
    expect(inUse.stderr).toMatch(/the image `rescue` is in use by (process \d+|another process)/);
    expect(inUse.stderr).toContain("[IMAGE_IN_USE]");
    await holds[Symbol.asyncDispose]();
    // The site names it, until its file is gone.
    expect((await dryboot(two, "image", "gc", "--older-than", "0s")).stdout).toMatch(/^0 went/);
    await rm(file);
    expect((await dryboot(two, "image", "gc", "--older-than", "0s", "--dry-run")).stdout).toMatch(
      /\d would go/,
    );
    expect(await readdir(join(two, "images"))).toContain("rescue");
    expect((await dryboot(two, "image", "gc", "--older-than", "0s")).stdout).toMatch(/0 stay, 0 B\n$/);
    expect(await readdir(join(two, "images"))).not.toContain("rescue");
  });
});
