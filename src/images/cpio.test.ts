import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { CpioEntry } from "./cpio.ts";
import { packCpio } from "./cpio.ts";

const file = (path: string, content = ""): CpioEntry => ({ type: "file", path, bytes: Buffer.from(content) });
const hasCpio = spawnSync("cpio", ["--version"]).status === 0;

/** Paths in the order in which they stand in the archive. */
function listed(archive: Uint8Array): string[] {
  const bytes = Buffer.from(archive);
  const paths: string[] = [];
  for (let at = 0; ; ) {
    const field = (index: number) =>
      Number.parseInt(bytes.toString("latin1", at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const size = field(6);
    const nameBytes = field(11);
    const path = bytes.toString("utf8", at + 110, at + 110 + nameBytes - 1);
    if (path === "TRAILER!!!") return paths;
    paths.push(path);
    at = Math.ceil((at + 110 + nameBytes) / 4) * 4;
    at = Math.ceil((at + size) / 4) * 4;
  }
}

describe("an initramfs archive", () => {
  test("holds a header of 110 characters, a name and the content, each padded to four bytes", () => {
    const archive = Buffer.from(
      packCpio([{ type: "file", path: "init", mode: 0o755, bytes: Buffer.from("abcde") }]),
    );
    expect(archive.toString("latin1", 0, 124)).toBe(
      "070701" + // newc
        "00000001" + // c_ino
        "000081ED" + // c_mode: a regular file, 0755
        "00000000" +
        "00000000" + // c_uid c_gid
        "00000001" + // c_nlink
        "00000000" + // c_mtime
        "00000005" + // c_filesize
        "00000000" +
        "00000000" +
        "00000000" +
        "00000000" + // no device
        "00000005" + // c_namesize, with its NUL
        "00000000" + // c_chksum
        "init\0" +
        "\0" + // 110 + 5, padded to 116
        "abcde\0\0\0",
    );
    expect(archive.length % 512).toBe(0);
  });

  test("puts a folder before what is in it, also one nobody named", () => {
    expect(listed(packCpio([file("a/b/c"), file("a.txt"), file("a/b.txt")]))).toEqual([
      ...["a", "a.txt", "a/b", "a/b.txt", "a/b/c"],
    ]);
  });

  test("is the same whatever the order of its entries", () => {
    const entries = [file("b", "2"), file("a", "1"), file("c/d", "3")];
    expect(packCpio(entries)).toEqual(packCpio(entries.toReversed()));
  });

  test.each([
    ["an absolute path", [file("/etc/passwd")], /not a path inside/],
    ["a path that leaves", [file("a/../../b")], /not a path inside/],
    ["an empty path", [file("")], /not a path inside/],
    ["a path twice", [file("a"), file("a")], /twice in one archive: a/],
  ])("%s is refused", (_, entries, message) => expect(() => packCpio(entries)).toThrow(message));

  test.skipIf(!hasCpio)("is read by GNU cpio (skipped where that is not installed)", () => {
    const archive = packCpio([
      { type: "char-device", path: "dev/console", major: 5, minor: 1 },
      { type: "symlink", path: "bin/sh", target: "busybox" },
      { type: "folder", path: "tmp", mode: 0o1777 },
      file("etc/hostname", "rescue\n"),
    ]);
    const seen = execFileSync("cpio", ["-itv", "--quiet", "--numeric-uid-gid"], {
      input: archive,
      encoding: "utf8",
    });
    const lines = seen
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/));
    const first = (path: string) => lines.find((words) => words.includes(path))?.[0];
    expect(first("dev/console")).toBe("crw-------");
    expect(first("bin/sh")).toBe("lrwxrwxrwx");
    expect(first("tmp")).toBe("drwxrwxrwt");
    expect(first("etc/hostname")).toBe("-rw-r--r--");
    expect(seen).toContain("bin/sh -> busybox");
    expect(seen).toMatch(/ 0 +0 +5, +1 .*dev\/console/);
  });
});
