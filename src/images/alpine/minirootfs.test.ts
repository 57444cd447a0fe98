import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { mirrorsHere } from "../mirrors.ts";
import { fetchMinirootfs, minirootfsBranches, minirootfsPath, minirootfsReleases } from "./minirootfs.ts";

const here = mirrorsHere().length > 0;

describe("Alpine's minirootfs", () => {
  let store: string;
  beforeEach(async () => {
    store = await mkdtemp(join(tmpdir(), "dryboot-minirootfs-"));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(store, { recursive: true });
  });

  test("has a place on every mirror", () =>
    expect(minirootfsPath("v3.19", "x86_64")).toBe(
      "v3.19/releases/x86_64/alpine-minirootfs-3.19.4-x86_64.tar.gz",
    ));

  test("is known by digests that no two share", () => {
    const digests = Object.values(minirootfsReleases).flatMap(({ sha512 }) => Object.values(sha512));
    expect(new Set(digests).size).toBe(2 * minirootfsBranches.length);
    for (const digest of digests) expect(digest).toMatch(/^[0-9a-f]{128}$/);
  });

  test("of a mirror that has another file under its name is refused", async () => {
    const mirror = join(store, "mirror");
    const path = join(mirror, minirootfsPath("v3.19", "x86_64"));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "something else");
    vi.stubEnv("DRYBOOT_ALPINE_MIRROR", mirror);
    await expect(fetchMinirootfs("v3.19", "x86_64", { store, refresh: false })).rejects.toMatchObject({
      code: "FETCH_DIGEST",
    });
  });

  test.skipIf(!here).for(minirootfsBranches)("of %s is what the mirror has", async (branch) => {
    const fetched = await fetchMinirootfs(branch, "x86_64", { store, refresh: false });
    expect(fetched).toMatchObject({ name: expect.stringMatching(/^alpine-minirootfs-3\.\d+\.\d+-x86_64/) });
  });
});
