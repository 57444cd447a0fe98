import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { holdersOf, isHeld, removeUnlessHeld, StoreHolds, unitOf } from "./store-holds.ts";

let store: string;
let folder: string;
beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), "dryboot-holds-"));
  folder = join(store, "images/tiny-0123456789ab");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "vmlinuz"), "kernel");
});
afterEach(() => rm(store, { recursive: true }));

test("what somebody uses is not removed, until they no longer do", async () => {
  const [one, two] = [new StoreHolds(store), new StoreHolds(store)];
  for (const holds of [one, two]) expect(await holds.hold([join(folder, "vmlinuz")])).toBe(true);
  expect(await isHeld(folder)).toBe(true);
  expect(await holdersOf(folder)).toEqual([process.pid]);
  await one[Symbol.asyncDispose]();
  expect(await removeUnlessHeld(folder)).toBe(false);
  await two[Symbol.asyncDispose]();
  expect(await isHeld(folder)).toBe(false);
  expect(await removeUnlessHeld(folder)).toBe(true);
  expect(await readdir(join(store, "images"))).toEqual([]);
});

test("a process that is killed lets go, and leaves nothing behind", async () => {
  const program = `
    const { StoreHolds } = await import(${JSON.stringify(join(import.meta.dirname, "store-holds.ts"))});
    const holds = (globalThis.holds = new StoreHolds(process.argv[1]));
    console.log(await holds.hold([process.argv[2] + "/vmlinuz"]));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program, store, folder]);
  onTestFinished(() => void child.kill("SIGKILL"));
  expect(String((await once(child.stdout, "data"))[0])).toBe("true\n");
  // The kernel's list may leave one out while others come and go (proc_locks(5) promises nothing).
  await expect.poll(() => holdersOf(folder)).toEqual([child.pid]);
  expect(await removeUnlessHeld(folder)).toBe(false);
  child.kill("SIGKILL");
  await once(child, "close");
  expect(await removeUnlessHeld(folder)).toBe(true);
  expect(await readdir(store, { recursive: true })).toEqual(["images"]);
});

test("what has been removed cannot be held, and is told", async () => {
  await using holds = new StoreHolds(store);
  await removeUnlessHeld(folder);
  expect(await holds.hold([join(folder, "vmlinuz")])).toBe(false);
});

test("use is noted as the folder's time", async () => {
  await utimes(folder, 1, 1);
  await using holds = new StoreHolds(store);
  await holds.hold([join(folder, "vmlinuz")]);
  expect((await stat(folder)).mtimeMs).toBeGreaterThan(1000);
});

test.each([
  ["images/tiny-0123456789ab/vmlinuz", "images/tiny-0123456789ab"],
  ["packages/bookworm/ipxe_1_all/usr/lib/ipxe/ipxe.efi", "packages/bookworm/ipxe_1_all"],
  ["packages/bookworm/ipxe.json", undefined],
  ["downloads/0123", undefined],
  ["images/.building-x/vmlinuz", undefined],
  ["../elsewhere/images/x/y", undefined],
])("%s lies in %s", (path, unit) => {
  expect(unitOf(store, join(store, path))).toBe(unit && join(store, unit));
});
