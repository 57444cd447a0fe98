import { DecodeError } from "../../core/errors.ts";
import { refuseAdb } from "./adb.ts";
import type { Dependency, Provided } from "./apk-dependency.ts";
import { parseDependency, parseProvided } from "./apk-dependency.ts";
import type { ApkSignature } from "./apk-signature.ts";
import { decodeSignatures } from "./apk-signature.ts";
import { isApkVersion } from "./apk-version.ts";
import { decodeGzipMember } from "./gzip-members.ts";
import { decodeTar } from "./tar.ts";

/** What an index says of one package. */
export interface IndexRecord {
  name: string;
  version: string;
  architecture: string;
  /** `Q1` and the base64 SHA-1 of the compressed control part: what ties the file to the signed index. */
  identity: string;
  /** Of the file. */
  sizeBytes: number;
  installedBytes: number;
  description: string;
  licence: string;
  /** The package it was built together with. */
  origin: string;
  builtAt?: number;
  depends: readonly Dependency[];
  provides: readonly Provided[];
  installIf: readonly Dependency[];
  /** Who wins where several provide a name without a version. */
  providerPriority: number;
}

export interface ApkIndex {
  /** Of the repository, in its own words. */
  description: string;
  records: readonly IndexRecord[];
  signatures: readonly ApkSignature[];
  /** What they are over. */
  signed: Uint8Array;
}

// Alpine's largest index, community, is 20 MB of text.
const largestIndex = 256 * 1024 * 1024;
const field = "APKINDEX";

/** Reads `APKINDEX.tar.gz`: a signature and the index, a gzip stream each, and nothing behind them. */
export async function decodeApkIndex(bytes: Uint8Array): Promise<ApkIndex> {
  refuseAdb(bytes, field);
  const first = decodeGzipMember(bytes, { field: "signature", maxBytes: 64 * 1024 });
  const signed = decodeGzipMember(bytes, { field, maxBytes: largestIndex, offset: first.end });
  // What stood here would be read by apk and be signed by nobody.
  if (signed.end !== bytes.length) throw new DecodeError(field, signed.end, "more follows the signed index");
  const entries = await decodeTar(signed.content, { field, maxEntries: 16, maxBytes: largestIndex });
  const text = (path: string) => entries.find((one) => one.path === path && one.type === "file")?.content;
  const index = text("APKINDEX");
  if (index === undefined) throw new DecodeError(field, 0, "there is no APKINDEX in it");
  return {
    description: Buffer.from(text("DESCRIPTION") ?? [])
      .toString()
      .trim(),
    records: parseApkIndex(Buffer.from(index).toString()),
    signatures: await decodeSignatures(first.content, "signature"),
    signed: signed.compressed,
  };
}

/** Reads the records of an index: letters, and an empty line between two packages. */
export function parseApkIndex(text: string): IndexRecord[] {
  const records: IndexRecord[] = [];
  let [lines, at] = [new Map<string, string>(), 0];
  for (const line of [...text.split("\n"), ""]) {
    if (line !== "") {
      const [, letter = "", value = ""] = /^([A-Za-z]):(.*)$/.exec(line) ?? [];
      // Letters nobody knows yet are kept out; a line without one is no index.
      if (letter === "" || lines.has(letter)) throw new DecodeError(field, at, "not a line of a record");
      lines.set(letter, value);
    } else if (lines.size > 0) {
      records.push(recordOf(lines, at));
      lines = new Map();
    }
    at += line.length + 1;
  }
  return records;
}

function recordOf(lines: ReadonlyMap<string, string>, at: number): IndexRecord {
  const text = (letter: string) => lines.get(letter) ?? "";
  const required = (letter: string, pattern: RegExp) => {
    if (pattern.test(text(letter))) return text(letter);
    throw new DecodeError(field, at, `${letter}: says nothing that is possible in ${text("P").slice(0, 80)}`);
  };
  const number = (letter: string) =>
    lines.has(letter) ? Number(required(letter, /^-?\d{1,15}$/)) : undefined;
  const list = <T>(letter: string, parse: (word: string) => T | undefined): T[] =>
    text(letter)
      .split(" ")
      .filter((word) => word !== "")
      .map((word) => {
        const parsed = parse(word);
        if (parsed !== undefined) return parsed;
        throw new DecodeError(
          field,
          at,
          `${letter}: of ${text("P")} holds ${JSON.stringify(word.slice(0, 80))}`,
        );
      });
  // Name and version become the name of a file: neither may lead anywhere.
  const name = required("P", /^[A-Za-z0-9_][A-Za-z0-9_+.-]{0,255}$/);
  if (!isApkVersion(text("V"))) throw new DecodeError(field, at, `V: of ${name} is no version`);
  const builtAt = number("t");
  return {
    name,
    version: text("V"),
    architecture: required("A", /^[a-z0-9_]{1,32}$/),
    identity: required("C", /^Q1[A-Za-z0-9+/]{27}=$/),
    sizeBytes: Number(required("S", /^\d{1,15}$/)),
    installedBytes: number("I") ?? 0,
    description: text("T"),
    licence: text("L"),
    origin: text("o"),
    ...(builtAt === undefined ? {} : { builtAt }),
    depends: list("D", parseDependency),
    provides: list("p", parseProvided),
    installIf: list("i", parseDependency),
    providerPriority: number("k") ?? 0,
  };
}
