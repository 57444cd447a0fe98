import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Promotion } from "./promotions.ts";
import { Promotions, promoted, releaseOf, withRelease } from "./promotions.ts";

const choice = { recipe: "alpine", from: "netboot", branch: "v3.19", flavor: "virt" } as const;
const promotion: Promotion = {
  ...{
    said: { branch: "v3.19" },
    current: { branch: "v3.20", version: "3.20.3" },
    previous: { branch: "v3.19" },
  },
};

describe("what was promoted", () => {
  test("is booted in place of what the site's file says, and changes nothing else of it", () => {
    expect(promoted(choice, promotion)).toEqual({ ...choice, branch: "v3.20", version: "3.20.3" });
    expect(promoted(choice, undefined)).toBe(choice);
  });

  test("counts no more once the file says something else", () => {
    const edited = { ...choice, branch: "v3.21" };
    expect(promoted(edited, promotion)).toBe(edited);
    const fixed = { ...choice, version: "3.19.1" };
    expect(promoted(fixed, promotion)).toBe(fixed);
  });

  test("says nothing of images without releases", () => {
    const rescue = { recipe: "rescue" };
    expect(promoted(rescue, promotion)).toBe(rescue);
    expect(releaseOf(rescue)).toBeUndefined();
  });

  test("of a branch's newest forgets the version before", () => {
    expect(withRelease({ ...choice, version: "3.19.1" }, { branch: "v3.20" })).toEqual({
      ...choice,
      branch: "v3.20",
    });
  });
});

describe("the state of a site", () => {
  let store: string;
  beforeEach(async () => {
    store = await mkdtemp(join(tmpdir(), "dryboot-promotions-"));
  });
  afterEach(async () => {
    await rm(store, { recursive: true });
  });

  test("is kept by the path of its file, one image beside the other", async () => {
    const state = new Promotions(store, "/sites/a.ts");
    expect(await state.load()).toEqual({});
    await state.save("node", promotion);
    await state.save("other", { said: { branch: "v3.18" } });
    expect(await new Promotions(store, "/sites/a.ts").load()).toEqual({
      ...{ node: promotion, other: { said: { branch: "v3.18" } } },
    });
    expect(await new Promotions(store, "/sites/b.ts").load()).toEqual({});
    await state.save("node", undefined);
    expect(Object.keys(await state.load())).toEqual(["other"]);
    expect(await readdir(dirname(state.path))).toHaveLength(1);
  });

  test.each(["", "{", "[]", '{"format":2,"file":"x","images":{}}'])(
    "is not guessed from %j",
    async (text) => {
      const state = new Promotions(store, "/sites/a.ts");
      await mkdir(dirname(state.path));
      await writeFile(state.path, text);
      await expect(state.load()).rejects.toMatchObject({ code: "PROMOTIONS_DAMAGED" });
    },
  );
});
