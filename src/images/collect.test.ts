import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { collect } from "./collect.ts";
import { recordSite, siteRecords } from "./site-records.ts";
import { ImageStore } from "./store.ts";
import { StoreHolds } from "./store-holds.ts";

const bytes = (text: string) => Buffer.from(text);
const sha256 = "a".repeat(64);
let store: string;
let images: ImageStore;
beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), "dryboot-collect-"));
  images = new ImageStore(store);
});
afterEach(() => rm(store, { recursive: true }));

async function publish(name: string, kernel = "kernel") {
  const made = { name, level: 1 as const, recipe: "1".repeat(64) };
  const parts = {
    kernel: { name: "vmlinuz", bytes: bytes(kernel) },
    initrds: [],
    files: [],
    commandLine: "",
  };
  await images.publish({ ...made, inputs: [{ package: "linux", version: "1", sha256 }] }, parts);
  const opened = await images.open(name);
  if (opened === undefined) throw new Error("it was just published");
  return opened;
}

async function put(path: string, content = "x"): Promise<void> {
  await mkdir(join(store, path, ".."), { recursive: true });
  await writeFile(join(store, path), content);
}

/** Of what is judged: what goes. */
const went = async (dryRun = false) =>
  (await collect(store, { olderThanMs: 0, dryRun })).flatMap(({ what, keep }) =>
    keep ? [] : `${what.kind} ${what.name.split(" ")[0]}`,
  );

test("an image that nobody refers to goes with its name, and what it was made from with it", async () => {
  await publish("tiny");
  await put(`downloads/${sha256}`);
  expect(await went(true)).toEqual(["image tiny", "download aaaaaaaaaaaa"]);
  expect(await images.names()).toEqual(["tiny"]);
  expect(await went()).toEqual(["image tiny", "download aaaaaaaaaaaa"]);
  expect(await readdir(join(store, "images"))).toEqual([".lock"]);
  expect(await readdir(join(store, "downloads"))).toEqual([]);
  expect(await went()).toEqual([]);
});

test("an image that a process uses stays, and the build before it goes", async () => {
  const old = await publish("tiny", "old");
  const image = await publish("tiny", "new");
  await using holds = new StoreHolds(store);
  await holds.hold([image.kernel.path]);
  await put(`downloads/${sha256}`);
  expect(await went()).toEqual(["image tiny"]);
  expect((await images.open("tiny"))?.digest).toBe(image.digest);
  expect(await readdir(join(store, "images"))).not.toContain(old.folder.split("/").at(-1));
});

test("an image that a site names stays as long as that site's file is there", async () => {
  await publish("tiny");
  await put("rack/site.yaml", "name: rack");
  const file = join(store, "rack/site.yaml");
  await recordSite(store, file, ["tiny", "other", "tiny"]);
  expect(await siteRecords(store)).toEqual([{ format: 1, file, images: ["other", "tiny"] }]);
  expect(await went()).toEqual([]);
  await rm(file);
  expect(await went()).toEqual(["image tiny"]);
  expect(await readdir(join(store, "sites"))).toEqual([]);
});

test("a package goes whole: its file, its folder and what leads to them; a newer version stays", async () => {
  const [old, now] = ["linux_1_amd64", "linux_2_amd64"];
  for (const label of [old, now]) {
    await put(`packages/bookworm/${label}.deb`, "deb");
    await put(`packages/bookworm/${label}/boot/vmlinuz`, "kernel");
  }
  const paths = { deb: `packages/bookworm/${now}.deb`, files: `packages/bookworm/${now}` };
  await put("packages/bookworm/linux.json", JSON.stringify({ sha256, ...paths }));
  const image = await publish("tiny");
  await using holds = new StoreHolds(store);
  await holds.hold([image.kernel.path]);
  expect(await went()).toEqual(["package bookworm"]);
  expect((await readdir(join(store, "packages/bookworm"))).toSorted()).toEqual([
    "linux.json",
    now,
    `${now}.deb`,
  ]);
});

test("what a running server serves of a package stays", async () => {
  await put("packages/bookworm/ipxe_1_all/usr/lib/ipxe/ipxe.efi");
  await using holds = new StoreHolds(store);
  await holds.hold([join(store, "packages/bookworm/ipxe_1_all/usr/lib/ipxe/ipxe.efi")]);
  expect(await went()).toEqual([]);
});

test("what was put aside and what broke off goes when it is old", async () => {
  await put("quarantine/kernel.bin");
  await put("downloads/partial/0123");
  const old = new Date(Date.now() - 40 * 86_400_000);
  await utimes(join(store, "quarantine/kernel.bin"), old, old);
  const judged = await collect(store, { olderThanMs: 30 * 86_400_000, dryRun: false });
  expect(judged.map(({ what, keep }) => [what.kind, keep])).toEqual([
    ["quarantine", false],
    ["partial", true],
  ]);
  expect(await readdir(join(store, "quarantine"))).toEqual([]);
});

test("an empty store is clean", async () => {
  expect(await went()).toEqual([]);
});
