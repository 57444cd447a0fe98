import { describe, expect, test } from "vitest";
import { decide } from "./decide.ts";

const modifiedMs = Date.parse("2026-11-02T10:00:00.700Z");
const modified = "Mon, 02 Nov 2026 10:00:00 GMT";
const before = "Mon, 02 Nov 2026 09:59:59 GMT";
const nowMs = Date.parse("2026-11-20T12:00:00Z");
const file = { sizeBytes: 1000, sha256: "ab12", modifiedMs };

const ask = (headers: Record<string, string>, about: Parameters<typeof decide>[1] = file, method = "GET") =>
  decide({ method, path: "boot/ipxe.efi", headers }, about, nowMs);

describe("the answer to a GET", () => {
  test("names type, length and both validators", () => {
    expect(ask({})).toEqual({
      status: 200,
      headers: {
        "accept-ranges": "bytes",
        "content-type": "application/efi",
        "content-length": "1000",
        etag: '"ab12"',
        "last-modified": modified,
      },
      range: { start: 0, end: 1000 },
    });
  });

  test("without a digest the tag is a weak one, and without a date there is none", () => {
    expect(ask({}, { sizeBytes: 1000, modifiedMs }).headers["etag"]).toMatch(/^W\/"/);
    expect(ask({}, { sizeBytes: 1000 }).headers).not.toHaveProperty("etag");
    expect(ask({}, { sizeBytes: 1000 }).headers).not.toHaveProperty("last-modified");
  });

  test("a file from the future was last modified now", () => {
    expect(ask({}, { ...file, modifiedMs: nowMs + 90_000 }).headers["last-modified"]).toBe(
      "Fri, 20 Nov 2026 12:00:00 GMT",
    );
  });

  test.each([
    ["ipxe.efi", "application/efi"],
    ["SHELL.EFI", "application/efi"],
    ["netinst.iso", "application/vnd.efi-iso"],
    ["disk.img", "application/vnd.efi-img"],
    ["boot.ipxe", "text/plain; charset=utf-8"],
    ["vmlinuz", "application/octet-stream"],
    ["a.constructor", "application/octet-stream"],
  ])("%s is %s", (path, type) => {
    expect(decide({ method: "GET", path, headers: {} }, file, nowMs).headers["content-type"]).toBe(type);
  });

  test("a type that is known is not guessed", () => {
    expect(ask({}, { ...file, contentType: "text/x-mine" }).headers["content-type"]).toBe("text/x-mine");
  });

  test("a part is 206 with its place", () => {
    const { status, headers, range } = ask({ range: "bytes=-10" });
    expect({ status, range }).toEqual({ status: 206, range: { start: 990, end: 1000 } });
    expect(headers).toMatchObject({ "content-range": "bytes 990-999/1000", "content-length": "10" });
  });

  test("a part that is not there is 416 with the size", () => {
    const { status, headers } = ask({ range: "bytes=1000-" });
    expect([status, headers["content-range"]]).toEqual([416, "bytes */1000"]);
  });

  test("HEAD knows no parts", () => expect(ask({ range: "bytes=0-1" }, file, "HEAD").status).toBe(200));

  test.each<[Record<string, string>, number]>([
    [{ "if-none-match": '"ab12"' }, 304],
    [{ "if-none-match": 'W/"ab12"' }, 304],
    [{ "if-none-match": '"x", "ab12"' }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"x"' }, 200],
    [{ "if-none-match": "ab12" }, 200],
    [{ "if-none-match": '"x"', "if-modified-since": modified }, 200],
    [{ "if-modified-since": modified }, 304],
    [{ "if-modified-since": "Monday, 02-Nov-26 10:00:00 GMT" }, 304],
    [{ "if-modified-since": "Mon Nov  2 10:00:00 2026" }, 304],
    [{ "if-modified-since": before }, 200],
    [{ "if-modified-since": "soon" }, 200],
    [{ "if-modified-since": "0" }, 200],
    [{ "if-match": '"ab12"' }, 200],
    [{ "if-match": "*" }, 200],
    [{ "if-match": '"x"' }, 412],
    [{ "if-match": 'W/"ab12"' }, 412],
    [{ "if-match": '"ab12"', "if-unmodified-since": before }, 200],
    [{ "if-unmodified-since": modified }, 200],
    [{ "if-unmodified-since": before }, 412],
    [{ "if-match": '"x"', "if-none-match": '"ab12"' }, 412],
    [{ range: "bytes=5-", "if-range": '"ab12"' }, 206],
    [{ range: "bytes=5-", "if-range": 'W/"ab12"' }, 200],
    [{ range: "bytes=5-", "if-range": '"x"' }, 200],
    [{ range: "bytes=5-", "if-range": modified }, 206],
    [{ range: "bytes=5-", "if-range": before }, 200],
    [{ range: "bytes=5-", "if-match": '"ab12"', "if-unmodified-since": modified }, 206], // EDK2 resuming
  ])("%j is answered %i", (headers, status) => expect(ask(headers).status).toBe(status));

  test("a weak tag proves nothing to who wants to resume", () => {
    const weak = { sizeBytes: 1000, modifiedMs };
    const { etag = "" } = ask({}, weak).headers;
    expect(ask({ "if-match": etag }, weak).status).toBe(412);
    expect(ask({ range: "bytes=5-", "if-range": etag }, weak).status).toBe(200);
    expect(ask({ "if-none-match": etag }, weak).status).toBe(304);
  });

  test("a date proves nothing about a file written in the last second", () => {
    const fresh = { ...file, modifiedMs: nowMs - 400 };
    const date = new Date(fresh.modifiedMs).toUTCString();
    expect(ask({ range: "bytes=5-", "if-range": date }, fresh).status).toBe(200);
  });
});
