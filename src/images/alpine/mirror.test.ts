import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { decodeApkIndex } from "./apk-index.ts";
import { decodeApk } from "./apk-package.ts";
import { resolveWorld } from "./apk-resolve.ts";
import { verifySignatures } from "./apk-signature.ts";
import { alpineKeys } from "./trusted-keys.ts";

/** Alpine's own files, which are no part of this project. */
const folder = (process.env["DRYBOOT_ALPINE_MIRROR"] ?? "").split(",").find((one) => one.startsWith("/"));
const repository = join(folder ?? "", "v3.19/main/x86_64");
const reason = "DRYBOOT_ALPINE_MIRROR names no folder with Alpine's files";

describe.skipIf(folder === undefined)(`Alpine's own packages (skipped when ${reason})`, () => {
  const keys = alpineKeys("x86_64");
  const load = async (name: string) => await readFile(join(repository, name));

  test("are signed by Alpine, and are what the signed index says", async () => {
    const index = await decodeApkIndex(await load("APKINDEX.tar.gz"));
    expect(verifySignatures(index.signatures, index.signed, keys)).toEqual({
      signedBy: "alpine-devel@lists.alpinelinux.org-6165ee59.rsa.pub",
    });
    expect(index.records.length).toBe(100);
    for (const { name, version, identity, sizeBytes } of index.records) {
      const bytes = await load(`${name}-${version}.apk`);
      const apk = await decodeApk(bytes);
      expect({ ...apk, sizeBytes: bytes.length }).toMatchObject({ name, version, identity, sizeBytes });
      expect(verifySignatures(apk.signatures, apk.signed, keys)).toHaveProperty("signedBy");
    }
  });

  test("are refused when they are signed for another processor", async () => {
    const { signatures, signed } = await decodeApkIndex(await load("APKINDEX.tar.gz"));
    expect(verifySignatures(signatures, signed, alpineKeys("aarch64"))).toHaveProperty("problem");
  });

  // How many packages apk itself installs for these, and their bytes: facts of Alpine 3.19.1.
  test.each([
    ["alpine-base", 25, 3_654_813],
    ["alpine-base openssl", 26, 3_962_397],
    ["alpine-base openssl openssh", 37, 6_248_476],
  ])("resolve as apk does: %s", async (world, count, bytes) => {
    const { records } = await decodeApkIndex(await load("APKINDEX.tar.gz"));
    const resolution = resolveWorld(world.split(" "), records);
    if ("problem" in resolution) throw new Error(resolution.problem);
    expect(resolution.packages).toHaveLength(count);
    expect(resolution.packages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(bytes);
  });
});
