import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { alpineMirrors, isUrl } from "../mirrors.ts";
import { indexOf } from "./apk.fixture.ts";
import { verifyAlpineFile } from "./verify-mirror.ts";

const mirror = alpineMirrors().find((one) => !isUrl(one));
const index = "v3.19/main/x86_64/APKINDEX.tar.gz";

async function fileOf(bytes: Uint8Array): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-verify-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "file"), bytes);
  return join(folder, "file");
}

test("an index that somebody else signed is refused", async () => {
  const file = await fileOf(await indexOf("C:Q1x\n"));
  expect(await verifyAlpineFile(index, file)).toBeDefined();
});

test("what is no index and no package is refused by what is wrong with it", async () => {
  const file = await fileOf(Buffer.from("<html>"));
  expect(await verifyAlpineFile(index, file)).toMatch(/at byte/);
  expect(await verifyAlpineFile("v3.19/main/x86_64/zlib-1-r0.apk", file)).toMatch(/at byte/);
});

test.each(["v3.19/releases/x86_64/alpine-minirootfs.tar.gz", "v3.19/main/riscv64/APKINDEX.tar.gz"])(
  "nothing can be told of %s",
  async (path) => {
    expect(await verifyAlpineFile(path, await fileOf(Buffer.from("x")))).toBeUndefined();
  },
);

test.skipIf(mirror === undefined)(
  "Alpine's own index and packages are good (DRYBOOT_ALPINE_MIRROR)",
  async () => {
    for (const path of [index, "v3.19/main/x86_64/yaml-0.2.5-r2.apk"])
      expect(await verifyAlpineFile(path, join(mirror ?? "", path))).toBeUndefined();
  },
);
