import { describe, expect, test } from "vitest";
import { DecodeError } from "../../core/errors.ts";
import { mutants } from "../../core/mutants.fixture.ts";
import { releaseEntry } from "./netboot/mirror.fixture.ts";
import { newestRelease, parseReleases } from "./releases.ts";

const entry = (more: Readonly<Record<string, string | number>> = {}) =>
  releaseEntry({
    ...{ branch: "v3.19", arch: "x86_64", version: "3.19.1", file: "alpine-netboot-3.19.1-x86_64.tar.gz" },
    ...{ size: 260_000_000, sha256: "a".repeat(64), sha512: "b".repeat(128), ...more },
  });

describe("the list of releases", () => {
  test("names file, size and digest of each", () => {
    expect(parseReleases(`---\n${entry()}`)).toEqual([
      {
        ...{ branch: "v3.19", arch: "x86_64", version: "3.19.1", flavor: "alpine-netboot" },
        ...{ file: "alpine-netboot-3.19.1-x86_64.tar.gz", sizeBytes: 260_000_000, sha512: "b".repeat(128) },
      },
    ]);
  });

  test("has the newest of a flavour, of a branch and a processor", () => {
    const releases = parseReleases(
      [
        entry({ version: "3.19.9" }),
        entry({ version: "3.19.10" }),
        entry({ version: "3.19.11", flavor: "alpine-minirootfs" }),
        entry({ version: "3.20.1", branch: "v3.20" }),
        entry({ version: "3.19.12", arch: "aarch64" }),
      ].join(""),
    );
    const wanted = { branch: "v3.19", arch: "x86_64", flavor: "alpine-netboot" };
    expect(newestRelease(releases, wanted)?.version).toBe("3.19.10");
    expect(newestRelease(releases, { ...wanted, branch: "v3.21" })).toBeUndefined();
  });

  test.each([
    ["a file that leads elsewhere", entry({ file: "../../x.tar.gz" })],
    ["no digest", entry({ sha512: '""' })],
    ["a version that is none", entry({ version: "newest" })],
    ["a size below zero", entry({ size: -1 })],
    ["an alias", `- &a {x: 1}\n- *a\n`],
    ["no list", "a: b"],
    ["no YAML", "{"],
    ["no end", "x".repeat(1024 * 1024 + 1)],
  ])("with %s is refused", (_, text) => {
    expect(() => parseReleases(text)).toThrow(DecodeError);
  });

  test("is read or refused, whatever has become of it", () => {
    for (const bytes of mutants([Buffer.from(entry())], 1000)) {
      try {
        parseReleases(String(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(DecodeError);
      }
    }
  });
});
