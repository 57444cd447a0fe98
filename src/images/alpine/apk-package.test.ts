import { describe, expect, test } from "vitest";
import { DecodeError } from "../../core/errors.ts";
import { mutants } from "../../core/mutants.fixture.ts";
import { apkOf, testKeyName, testKeys } from "./apk.fixture.ts";
import { decodeApk, parsePkginfo } from "./apk-package.ts";
import { verifySignatures } from "./apk-signature.ts";
import { decodeGzipMember } from "./gzip-members.ts";

describe("a package", () => {
  test("says what it is, and has its scripts and files", async () => {
    const read = await decodeApk(
      await apkOf({ info: ["depend = zlib", "depend = musl"], scripts: { "post-install": "#!/bin/sh\n" } }),
    );
    expect(read).toMatchObject({ name: "hello", version: "1.0-r0", architecture: "x86_64" });
    expect(read.info.get("depend")).toEqual(["zlib", "musl"]);
    expect([...read.scripts.keys()]).toEqual(["post-install"]);
    expect(read.files.map(({ path, mode }) => `${path} ${mode.toString(8)}`)).toContain("usr/hello 755");
    expect(read.identity).toMatch(/^Q1[A-Za-z0-9+/]{27}=$/);
  });

  test.each(["RSA", "RSA256", "RSA512"] as const)("may be signed by %s", async (kind) => {
    const { signatures, signed } = await decodeApk(await apkOf({ signing: { kind } }));
    expect(verifySignatures(signatures, signed, testKeys)).toEqual({ signedBy: testKeyName });
  });

  test.each([
    ["by a key nobody trusts", { key: "else.rsa.pub" }, "not trusted: else.rsa.pub"],
    ["in a way nobody checks", { kind: "DSA" as const }, "not signed"],
  ])("signed %s is not verified", async (_, signing, problem) => {
    const { signatures, signed } = await decodeApk(await apkOf({ signing }));
    expect(verifySignatures(signatures, signed, testKeys)).toEqual({
      problem: expect.stringContaining(problem),
    });
  });

  test("whose control part is another's is not verified", async () => {
    const [one, other] = [await apkOf(), await apkOf({ version: "9.9-r9" })];
    const end = (bytes: Uint8Array) => decodeGzipMember(bytes, { field: "signature", maxBytes: 65_536 }).end;
    const forged = Buffer.concat([one.subarray(0, end(one)), other.subarray(end(other))]);
    const { version, signatures, signed } = await decodeApk(forged);
    expect(version).toBe("9.9-r9");
    expect(verifySignatures(signatures, signed, testKeys)).toEqual({
      problem: expect.stringContaining("not over these bytes"),
    });
  });
});

describe("a package is refused", () => {
  test("whose data is not what its control part says", async () => {
    await expect(decodeApk(await apkOf({ datahash: "0".repeat(64) }))).rejects.toThrow("not the datahash");
  });

  test("with a file that is not what its checksum says", async () => {
    const pax = { "APK-TOOLS.checksum.SHA1": "0".repeat(40) };
    const forged = apkOf({ files: [{ name: "usr/hello", content: "changed", pax }] });
    await expect(decodeApk(await forged)).rejects.toThrow("usr/hello is not what its checksum says");
  });

  test("with anything behind it", async () => {
    await expect(decodeApk(Buffer.concat([await apkOf(), Buffer.from("more")]))).rejects.toThrow(DecodeError);
  });

  test("with a file that leads elsewhere", async () => {
    const forged = apkOf({ files: [{ name: "../../etc/shadow", content: "x" }] });
    await expect(decodeApk(await forged)).rejects.toThrow(DecodeError);
  });

  test("that unpacks to more than is allowed", async () => {
    const large = await apkOf({ files: [{ name: "zeros", content: Buffer.alloc(1_000_000) }] });
    await expect(decodeApk(large, { maxBytes: 100_000 })).rejects.toThrow("more than 100000 bytes");
  });

  test("of apk version 3, by its name", async () => {
    await expect(decodeApk(Buffer.from("ADBd\0\0\0\0pckg"))).rejects.toThrow("apk version 3 (ADB)");
  });

  test.each(["../hello", "", "hello world"])("called %j", async (name) => {
    await expect(decodeApk(await apkOf({ name }))).rejects.toThrow(DecodeError);
  });

  test("or read, whatever has become of it", async () => {
    for (const bytes of mutants([await apkOf()], 400)) {
      const read = await decodeApk(bytes).catch((error: unknown) => error);
      if (read instanceof Error) expect(read).toBeInstanceOf(DecodeError);
    }
    for (const bytes of mutants([Buffer.from("# c\npkgname = a\npkgver = 1\ndepend = b\n")], 3000)) {
      try {
        parsePkginfo(Buffer.from(bytes).toString());
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }
  });
});
