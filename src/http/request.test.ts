import { describe, expect, test } from "vitest";
import { parseTarget, plainAddress } from "./request.ts";

describe("request targets", () => {
  test.each([
    ["/", "", ""],
    ["/ipxe.efi", "ipxe.efi", ""],
    ["//boot//ipxe.efi", "boot/ipxe.efi", ""],
    ["/boot\\ipxe.efi", "boot/ipxe.efi", ""],
    ["/a/./b/../c", "a/c", ""],
    ["/a%20b", "a b", ""],
    ["/boot.ipxe?mac=52:54:00&x=..", "boot.ipxe", "mac=52:54:00&x=.."],
    ["/a?b?c#d", "a", "b?c"],
    ["http://10.0.0.1:80/a?b", "a", "b"],
    ["http://10.0.0.1", "", ""],
  ])("%s is the path %j with the query %j", (target, path, query) => {
    expect(parseTarget(target)).toEqual({ path, query });
  });

  test.each([
    "/..",
    "/a/../../b",
    "/%2e%2e/etc/passwd",
    "/..%2fetc",
    "/..%5cetc",
    "/a%00b",
    "/a%0ab",
    "/%zz",
    "/%ff",
  ])("%s names nothing", (target) => expect(parseTarget(target)).toBeUndefined());

  test("an IPv4 client of an IPv6 socket has its IPv4 address", () => {
    expect(plainAddress("::ffff:10.0.0.5")).toBe("10.0.0.5");
    expect(plainAddress("fe80::1")).toBe("fe80::1");
  });
});
