import { DrybootError } from "../core/errors.ts";
import { formatSize } from "../core/units.ts";
import { freeBytesOf, noSpaceFor } from "../host/store-space.ts";

/** Why one mirror did not give a file; `digest`: it gave another one. */
export type Refusal = Readonly<{ mirror: string; problem: string; digest: boolean }>;

/** The error for a person when no mirror gave a file: what each of them said. */
export function cannotBeHad(path: string, refusals: readonly Refusal[]): DrybootError {
  const wrong = refusals.find(({ digest }) => digest);
  const said = refusals.map(({ mirror, problem }) => `${mirror}: ${problem}`);
  const common = { where: wrong?.mirror ?? refusals[0]?.mirror ?? "mirrors", evidence: said };
  if (wrong) {
    return new DrybootError(`${path} is not what it should be: ${wrong.problem}`, {
      ...common,
      code: "FETCH_DIGEST",
      hint: "nothing of it is used: take another mirror, or find out who changed it",
    });
  }
  return new DrybootError(`${path} cannot be had: ${said.join("; ") || "no mirror is named"}`, {
    ...common,
    code: "FETCH_FAILED",
    hint: "run the same command again, which goes on where it broke off, or name a mirror that has it (docs/images.md)",
  });
}

/** A full disk says neither what did not fit nor how much it would have been; other errors as they came. */
export async function outOfSpace(
  error: unknown,
  folder: string,
  about: { name: string; sizeBytes: number | undefined; doneBytes: number },
): Promise<unknown> {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  const { name, sizeBytes, doneBytes } = about;
  const needed = sizeBytes === undefined ? `more than ${formatSize(doneBytes)}` : formatSize(sizeBytes);
  return noSpaceFor(folder, name, needed, await freeBytesOf(folder), error);
}
