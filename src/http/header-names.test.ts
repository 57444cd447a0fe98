import { expect, test } from "vitest";
import { spelledOut } from "./header-names.ts";

test("headers are sent as RFC 9110 spells them, which GRUB takes to the letter", () => {
  expect(spelledOut({ "content-length": "10", etag: '"ab"', "x-ours": "1" })).toEqual({
    "Content-Length": "10",
    ETag: '"ab"',
    "x-ours": "1",
  });
});
