import { parse } from "yaml";
import * as z from "zod";
import { DecodeError } from "../../core/errors.ts";
import { compareApkVersions, isApkVersion } from "./apk-version.ts";

/** A file that Alpine releases, as `latest-releases.yaml` has it. */
export interface Release {
  branch: string;
  arch: string;
  version: string;
  flavor: string;
  file: string;
  sizeBytes: number;
  /** Lower-case hex. */
  sha512: string;
}

const field = "latest-releases.yaml";
const largest = 1024 * 1024;

const entry = z.object({
  branch: z.string().regex(/^[a-z0-9.-]{1,32}$/),
  arch: z.string().regex(/^[a-z0-9_]{1,32}$/),
  version: z.coerce.string().refine(isApkVersion),
  flavor: z.string().regex(/^[a-z0-9-]{1,64}$/),
  // It becomes a part of a path.
  file: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,255}$/),
  size: z.int().nonnegative(),
  sha512: z.string().regex(/^[0-9a-f]{128}$/),
});

/** Reads the list that each branch and processor has of its newest files. */
export function parseReleases(text: string): Release[] {
  if (text.length > largest) throw new DecodeError(field, 0, `more than ${largest} characters`);
  let content: unknown;
  try {
    // No aliases: the list has none, and they can make a small file a large one.
    content = parse(text, { maxAliasCount: 0, schema: "core", logLevel: "error" });
  } catch (error) {
    throw new DecodeError(
      field,
      0,
      error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : "no YAML",
    );
  }
  const read = z.array(entry).max(1000).safeParse(content);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new DecodeError(field, 0, `${issue?.path.join(".") || "it"}: ${issue?.message}`);
  }
  return read.data.map(({ size, ...release }) => ({ ...release, sizeBytes: size }));
}

/** The newest file of a flavor; never one that a listing of a folder shows, which a release may not have reached. */
export function newestRelease(
  releases: readonly Release[],
  wanted: Pick<Release, "branch" | "arch" | "flavor">,
): Release | undefined {
  return releases
    .filter(
      ({ branch, arch, flavor }) =>
        branch === wanted.branch && arch === wanted.arch && flavor === wanted.flavor,
    )
    .toSorted((a, b) => compareApkVersions(b.version, a.version))[0];
}
