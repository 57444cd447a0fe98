import { expect, test } from "vitest";
import { parsePrintedUris } from "./printed-uris.ts";

test("what apt would fetch is read from what it prints, epochs included", () => {
  const printed = [
    "'http://deb.example/debian/pool/main/g/glibc/libc6_2.36-9%2bdeb12u14_amd64.deb' libc6_2.36-9+deb12u14_amd64.deb 2759320 MD5Sum:8d98",
    "'http://deb.example/debian/pool/main/s/shadow/login_4.13%2bdfsg1-1_amd64.deb' login_1%3a4.13+dfsg1-1_amd64.deb 617 SHA256:aa",
    "E: something else",
    "",
  ].join("\n");
  expect(parsePrintedUris(printed)).toEqual([
    {
      name: "libc6",
      version: "2.36-9+deb12u14",
      file: "libc6_2.36-9+deb12u14_amd64.deb",
      url: "http://deb.example/debian/pool/main/g/glibc/libc6_2.36-9%2bdeb12u14_amd64.deb",
    },
    expect.objectContaining({ name: "login", version: "1:4.13+dfsg1-1" }),
  ]);
});
