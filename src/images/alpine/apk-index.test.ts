import { describe, expect, test } from "vitest";
import { DecodeError } from "../../core/errors.ts";
import { mutants } from "../../core/mutants.fixture.ts";
import { indexOf, testKeyName, testKeys } from "./apk.fixture.ts";
import { formatDependency } from "./apk-dependency.ts";
import { decodeApkIndex, parseApkIndex } from "./apk-index.ts";
import { verifySignatures } from "./apk-signature.ts";
import { recordText } from "./index.fixture.ts";

const record = recordText({
  ...{
    P: "openssh-server",
    V: "9.6_p1-r0",
    S: "412000",
    I: "1048576",
    T: "OpenSSH server",
    L: "SSH-OpenSSH",
  },
  ...{ o: "openssh", t: "1705000000", c: "0123456789abcdef", k: "900" },
  D: "openssh-keygen so:libc.musl-x86_64.so.1 libcrypto3>=3.1 !dropbear~2022 /bin/sh",
  p: "cmd:sshd=9.6_p1-r0 ssh-server",
  i: "openrc openssh=9.6_p1-r0",
});

test("an index says what each package is, needs and stands in for", async () => {
  const index = await decodeApkIndex(await indexOf(`${record}\n${recordText({ P: "zlib" })}`));
  expect(index.description).toBe("v0.0.0");
  const [server, zlib] = index.records;
  expect(server).toMatchObject({
    ...{ name: "openssh-server", version: "9.6_p1-r0", architecture: "x86_64", sizeBytes: 412_000 },
    ...{ installedBytes: 1_048_576, origin: "openssh", builtAt: 1_705_000_000, providerPriority: 900 },
    provides: [{ name: "cmd:sshd", version: "9.6_p1-r0" }, { name: "ssh-server" }],
  });
  expect(server?.depends.map(formatDependency).join(" ")).toBe(
    "openssh-keygen so:libc.musl-x86_64.so.1 libcrypto3>=3.1 !dropbear~2022 /bin/sh",
  );
  expect(server?.installIf.map(formatDependency).join(" ")).toBe("openrc openssh=9.6_p1-r0");
  expect(zlib).toMatchObject({ name: "zlib", depends: [], installIf: [], providerPriority: 0 });
  expect(verifySignatures(index.signatures, index.signed, testKeys)).toEqual({ signedBy: testKeyName });
});

test("letters nobody knows yet do not matter", () => {
  expect(parseApkIndex(`${recordText({ P: "zlib" })}`.replace("A:", "q:new\nA:"))).toHaveLength(1);
});

describe("an index is refused", () => {
  test("with more behind what is signed", async () => {
    const [index, more] = [await indexOf(record), await indexOf(record)];
    await expect(decodeApkIndex(Buffer.concat([index, more]))).rejects.toThrow("more follows");
  });

  test("of apk version 3, by its name", async () => {
    await expect(decodeApkIndex(Buffer.from("ADB.indx0000"))).rejects.toThrow("apk version 3 (ADB)");
  });

  test.each<[string, string]>([
    ["a name that leads elsewhere", recordText({ P: "../zlib" })],
    ["a name with a slash", recordText({ P: "a/b" })],
    ["a version that leads elsewhere", recordText({ V: "1/../../x" })],
    ["no name", recordText({ P: undefined })],
    ["no checksum", recordText({ C: undefined })],
    ["a checksum of another kind", recordText({ C: "Q1short=" })],
    ["a size below zero", recordText({ S: "-1" })],
    ["a size that is no number", recordText({ S: "1e9" })],
    ["a dependency that is none", recordText({ D: "zlib>>1" })],
    ["a letter twice", `${recordText({})}P:again\n`],
    ["a line that is none", "zlib\n"],
  ])("with %s", (_, text) => {
    expect(() => parseApkIndex(text)).toThrow(DecodeError);
  });

  test("or read, whatever has become of it", () => {
    for (const bytes of mutants([Buffer.from(record)], 10_000)) {
      try {
        parseApkIndex(Buffer.from(bytes).toString());
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }
  });
});
