import { describe, expect, test } from "vitest";
import { normalisePath } from "./path.ts";

describe("file names", () => {
  test.each([
    ["ipxe.efi", "ipxe.efi"],
    ["/ipxe.efi", "ipxe.efi"],
    ["//boot//ipxe.efi", "boot/ipxe.efi"],
    ["\\boot\\x64\\wdsnbp.com", "boot/x64/wdsnbp.com"],
    ["./a/./b", "a/b"],
    ["a/../b", "b"],
    ["pxelinux.cfg/01-52-54-00", "pxelinux.cfg/01-52-54-00"],
    ["..hidden", "..hidden"],
    ["..", undefined],
    ["../etc/passwd", undefined],
    ["a/../../etc/passwd", undefined],
    ["..\\..\\etc\\passwd", undefined],
    ["/", undefined],
    ["", undefined],
    ["a\nb", undefined],
    ["a\u009bb", undefined],
  ])("%j names %j", (filename, path) => expect(normalisePath(filename)).toBe(path));
});
