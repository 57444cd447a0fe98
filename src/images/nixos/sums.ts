import { readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { DrybootError } from "../../core/errors.ts";
import type { FetchedFile } from "../recipe.ts";

/** A digest for each file's name, as `sha256sum` prints and reads it. */
export type Sums = ReadonlyMap<string, string>;

/** What `sha256sum` writes, in the names' order. */
export function formatSums(sums: Iterable<readonly [name: string, sha256: string]>): string {
  const lines = [...sums].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return lines.map(([name, sha256]) => `${sha256}  ${name}\n`).join("");
}

/** Reads it back; a line that is none of `sha256sum` is refused, because it could be the one that matters. */
export function parseSums(text: string, where: string): Sums {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  return new Map(
    lines.map((line) => {
      const [, sha256, name] = /^([0-9a-fA-F]{64}) [ *](?:\.\/)?(\S+)$/.exec(line) ?? [];
      if (sha256 !== undefined && name !== undefined) return [name, sha256.toLowerCase()];
      throw new DrybootError(
        `a line is none that \`sha256sum\` writes: ${JSON.stringify(line.slice(0, 80))}`,
        {
          code: "NIXOS_SUMS",
          where,
          hint: "write it anew with `sha256sum FILE... > SHA256SUMS`, or take it away",
        },
      );
    }),
  );
}

/** What is called so beside the files of a build, in the spelling of either who writes them. */
export const sumsNames = ["SHA256SUMS", "sha256sums"] as const;

const longestSums = 1024 * 1024;

/** Compares a folder's files with what its `SHA256SUMS` says of them, where it has one. */
export async function checkSums(folder: string, files: readonly FetchedFile[]): Promise<void> {
  for (const name of sumsNames) {
    const path = join(folder, name);
    const size = await stat(path).then(
      ({ size }) => size,
      () => undefined,
    );
    if (size === undefined) continue;
    if (size > longestSums) throw notSums(path, `it is ${size} bytes long`);
    compareSums(parseSums(await readFile(path, "utf8"), path), files, path);
  }
}

/** Each file must be there as it is; a file that nobody counted cannot be told from one that was put in. */
export function compareSums(sums: Sums, files: readonly FetchedFile[], where: string): void {
  for (const { url, sha256 } of files) {
    const name = basename(url);
    const wanted = sums.get(name);
    if (wanted === undefined) throw notSums(where, `it does not name ${name}`);
    if (wanted !== sha256)
      throw notSums(where, `${name} should have the sha256 ${wanted}, and has ${sha256}`);
  }
}

function notSums(where: string, problem: string): DrybootError {
  return new DrybootError(`the files are not those that were counted: ${problem}`, {
    code: "NIXOS_SUMS",
    where,
    hint: "copy all files of one build again, SHA256SUMS with them; nothing of these was taken",
  });
}
