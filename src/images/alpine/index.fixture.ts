import type { IndexRecord } from "./apk-index.ts";
import { parseApkIndex } from "./apk-index.ts";

const usual = { C: `Q1${"A".repeat(27)}=`, P: "hello", V: "1.0-r0", A: "x86_64", S: "1000", I: "4096" };

/** A record as it stands in an index; `undefined` leaves a line out. */
export function recordText(lines: Readonly<Record<string, string | undefined>>): string {
  return Object.entries({ ...usual, ...lines })
    .flatMap(([letter, value]) => (value === undefined ? [] : `${letter}:${value}\n`))
    .join("");
}

/** Packages in few words: `name-version`, then what it says by letters. */
export function recordsOf(...packages: readonly Readonly<Record<string, string>>[]): IndexRecord[] {
  return parseApkIndex(packages.map(recordText).join("\n"));
}
