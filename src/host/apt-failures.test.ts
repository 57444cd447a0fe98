import { describe, expect, test } from "vitest";
import { aptFailure } from "./apt-failures.ts";

describe("what apt says when it fails", () => {
  test.each([
    ["E: Failed to fetch http://m.example/x  Temporary failure resolving 'm.example'", "ARCHIVE_UNREACHABLE"],
    [
      "Err:1 http://m.example/debian sid InRelease\n  Could not connect to m.example:80",
      "ARCHIVE_UNREACHABLE",
    ],
    ["W: GPG error: http://m.example sid InRelease: NO_PUBKEY 6ED0E7B82643E131", "ARCHIVE_SIGNATURE"],
    ["E: The repository 'http://m.example sid InRelease' is not signed.", "ARCHIVE_SIGNATURE"],
    [
      "E: Release file for http://m.example/InRelease is not valid yet (invalid for another 5h).",
      "ARCHIVE_DATE",
    ],
    ["E: Failed to fetch http://m.example/x.deb  Hash Sum mismatch", "ARCHIVE_DIGEST"],
    ["E: Failed to fetch http://m.example/x.deb  404  Not Found", "ARCHIVE_NOT_FOUND"],
    ["E: Write error - write (28: No space left on device)", "NO_SPACE"],
    ["dpkg-deb: error: paste subprocess: write error: No space left on device", "NO_SPACE"],
    [
      "E: List directory /x/lists/partial is missing. - Acquire (13: Permission denied)",
      "STORE_NOT_WRITABLE",
    ],
    ["E: Something nobody has seen", "ARCHIVE_FAILED"],
  ])("%j is %s", (said, code) => {
    const error = aptFailure(said, "/store", new Error("ended with 100"));
    expect(error).toMatchObject({ code, where: "/store" });
    expect(error.hint).not.toBe("");
  });

  test("is quoted, the lines that matter only", () => {
    const said =
      "Hit:1 http://m.example\nE: Failed to fetch http://m.example/x.deb  Hash Sum mismatch\nReading...";
    expect(aptFailure(said, "/store", undefined).message).toBe(
      "what the mirror sent is not what the signed index promises\n    E: Failed to fetch http://m.example/x.deb  Hash Sum mismatch",
    );
  });
});
