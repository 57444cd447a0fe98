import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recipeDigest } from "./recipe.ts";
import { recipeNamed, recipes } from "./recipes.ts";
import { rescue } from "./rescue.ts";

test("every recipe's sources are there, and no two recipes are the same", async () => {
  const digests = await Promise.all(recipes.map(recipeDigest));
  expect(new Set(digests).size).toBe(recipes.length);
});

test("a recipe changes with each file of ours it is made of", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-recipe-"));
  try {
    const [init = ""] = rescue.sources;
    const changed = join(folder, "init");
    await writeFile(changed, await readFile(init));
    const copied = { ...rescue, sources: [changed, ...rescue.sources.slice(1)] };
    expect(await recipeDigest(copied)).toBe(await recipeDigest(rescue));
    await writeFile(changed, "\n", { flag: "a" });
    expect(await recipeDigest(copied)).not.toBe(await recipeDigest(rescue));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("an unknown image is a mistake that names the known ones", () => {
  expect(() => recipeNamed("rescu")).toThrow(
    expect.objectContaining({
      code: "IMAGE_UNKNOWN",
      exitCode: 2,
      hint: expect.stringMatching(/^one of: rescue, rescue-arm64, debian-installer, memtest, memtest-efi, /),
    }),
  );
});
