import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fetchPackageSet } from "./package-set.ts";

const sha256 = "0".repeat(63).concat("1");

/** A store that has fetched `hello` before. */
async function storeWith(wanted: readonly string[], sizeBytes: number): Promise<string> {
  const store = await mkdtemp(join(tmpdir(), "dryboot-set-"));
  const key = createHash("sha256").update(JSON.stringify(wanted)).digest("hex").slice(0, 12);
  const name = "hello_2.10-3_amd64.deb";
  const packages = [{ name, url: `http://deb.example/${name}`, sha256, sizeBytes }];
  await mkdir(join(store, "packages/bookworm"), { recursive: true });
  await mkdir(join(store, "downloads"));
  await writeFile(
    join(store, `packages/bookworm/set-${key}.json`),
    JSON.stringify({ format: 1, wanted, packages }),
  );
  await writeFile(join(store, "downloads", sha256), "12345");
  return store;
}

test("a set that is whole in the store is taken from there, without a word to the archive", async () => {
  const store = await storeWith(["hello"], 5);
  try {
    const steps: string[] = [];
    const found = await fetchPackageSet(["hello"], { store, onProgress: ({ step }) => steps.push(step) });
    expect(found).toEqual([
      expect.objectContaining({ name: "hello_2.10-3_amd64.deb", path: join(store, "downloads", sha256) }),
    ]);
    expect(steps).toEqual([]);
  } finally {
    await rm(store, { recursive: true });
  }
});

test("one that lacks something is asked for anew", async () => {
  const store = await storeWith(["hello"], 6);
  try {
    const stop = new AbortController();
    const asked = fetchPackageSet(["hello"], {
      store,
      signal: stop.signal,
      onProgress: ({ step }) => step === "index" && stop.abort(new Error("it asked")),
    });
    // Where there is no apt, it says so before it asks.
    await expect(asked).rejects.toThrow(/it asked|aborted|not installed|no archive/);
  } finally {
    await rm(store, { recursive: true });
  }
});
