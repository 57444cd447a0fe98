import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Trial } from "../images/promotions.ts";
import { Promotions } from "../images/promotions.ts";
import { ImageStore } from "../images/store.ts";
import { loadSite } from "../site/load.ts";
import { image } from "./image.ts";
import { trialTable } from "./image-upgrade.ts";
import { recordingTerminal } from "./recording-terminal.ts";

const never = new AbortController().signal;
const came: Trial[] = [{ image: "new", lane: "bios-pxe", tookMs: 12_300 }];

describe("an image that was upgraded", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dryboot-promote-"));
    vi.stubEnv("DRYBOOT_STORE", folder);
    file = join(folder, "site.json");
    await writeSite("v3.18");
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  const writeSite = async (branch: string) => {
    const images = { node: { recipe: "alpine", from: "minirootfs", branch }, rescue: { recipe: "rescue" } };
    await writeFile(file, JSON.stringify({ name: "lab", images }));
  };
  /** As `image upgrade` leaves it, with an image of its own name in the store. */
  const upgraded = async (branch: string, version: string, trials = came) => {
    const store = new ImageStore(folder);
    const name = `alpine-standin-${version}-virt`;
    const parts = {
      kernel: { name: "vmlinuz-virt", bytes: Buffer.from(version) },
      ...{ initrds: [], files: [], commandLine: "" },
    };
    await store.publish({ name, level: 2, inputs: [], recipe: "0".repeat(64) }, parts);
    const { digest = "" } = (await store.manifest(name)) ?? {};
    const promotions = new Promotions(folder, file);
    const before = (await promotions.load())["node"] ?? { said: { branch: "v3.18" } };
    await promotions.save("node", { ...before, candidate: { release: { branch, version }, digest, trials } });
  };
  const run = async (...argv: string[]) =>
    await image.main([...argv, "--site", file], recordingTerminal(), never);
  const booted = async () => {
    const { node } = (await loadSite(file)).site.images;
    return node && "branch" in node ? node.branch : undefined;
  };

  test("is booted once it is promoted, and no longer when that is taken back", async () => {
    await upgraded("v3.19", "3.19.4");
    expect(await booted()).toBe("v3.18");
    await run("promote", "node");
    expect(await booted()).toBe("v3.19");
    await upgraded("v3.20", "3.20.3");
    await run("promote", "alpine");
    expect(await booted()).toBe("v3.20");
    await run("rollback", "node");
    expect(await booted()).toBe("v3.19");
    await expect(run("rollback", "node")).rejects.toMatchObject({ code: "NOTHING_PROMOTED" });
  });

  test("is booted no more once the site's file names another release itself", async () => {
    await upgraded("v3.19", "3.19.4");
    await run("promote", "node");
    await writeSite("v3.20");
    expect(await booted()).toBe("v3.20");
    await expect(run("rollback", "node")).rejects.toMatchObject({ code: "NOTHING_PROMOTED" });
    await expect(run("promote", "node")).rejects.toMatchObject({ code: "NOTHING_TO_PROMOTE" });
  });

  test("is not promoted where it did not come up", async () => {
    await upgraded("v3.19", "3.19.4", [...came, { image: "new", lane: "uefi-pxe", problem: "a panic" }]);
    await expect(run("promote", "node")).rejects.toMatchObject({
      ...{ code: "UPGRADE_FAILED", evidence: ["uefi-pxe: a panic"] },
    });
    expect(await booted()).toBe("v3.18");
  });

  test("is promoted though the old one fails", async () => {
    await upgraded("v3.19", "3.19.4", [...came, { image: "old", lane: "bios-pxe", problem: "no packages" }]);
    await run("promote", "node");
    expect(await booted()).toBe("v3.19");
  });

  test("is not promoted when the store has another build of it by now", async () => {
    await upgraded("v3.19", "3.19.4");
    const promotions = new Promotions(folder, file);
    const { node } = await promotions.load();
    if (node?.candidate === undefined) throw new Error("there is a candidate");
    await promotions.save("node", { ...node, candidate: { ...node.candidate, digest: "another" } });
    await expect(run("promote", "node")).rejects.toMatchObject({ code: "NOTHING_TO_PROMOTE" });
  });

  test.each([
    [["promote", "node"], "NOTHING_TO_PROMOTE", /no new build/],
    [["rollback", "node"], "NOTHING_PROMOTED", /nothing was promoted/],
    [["promote", "rescue"], "USAGE", /has no releases/],
    [["upgrade", "nod"], "USAGE", /no image `nod`/],
    [["promote"], "USAGE", /IMAGE is missing/],
  ])("%j is refused with %s", async (argv, code, message) => {
    await expect(run(...argv)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

test("the site of an upgrade must be named", async () => {
  await expect(image.main(["upgrade", "node"], recordingTerminal(), never)).rejects.toMatchObject({
    ...{ code: "USAGE", message: "--site is missing" },
  });
});

test("old and new stand beside each other for each lane", () => {
  const trials: Trial[] = [
    ...came,
    { image: "old", lane: "bios-pxe", tookMs: 14_000 },
    { image: "old", lane: "uefi-pxe", problem: "silence" },
    { image: "new", lane: "uefi-pxe" },
  ];
  expect(trialTable(trials)).toEqual([
    "",
    "  lane      old                 new",
    "  bios-pxe  ready after 14.0 s  ready after 12.3 s",
    "  uefi-pxe  did not come up     ready",
  ]);
});
