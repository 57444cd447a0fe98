import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { writeDurably } from "../core/durable.ts";
import { DrybootError } from "../core/errors.ts";

/** A secret of the server: made when there is none, for nobody but its user to read. `what` it is, for errors. */
export async function secretIn(path: string, what: string): Promise<string> {
  try {
    const known = await readFile(path, "utf8").catch(absent);
    if (known === undefined) await writeDurably(path, `${randomBytes(32).toString("base64url")}\n`, 0o600);
    const token = (known ?? (await readFile(path, "utf8"))).trim();
    if (token.length < 16) throw new Error("it holds fewer than 16 characters");
    return token;
  } catch (cause) {
    throw new DrybootError(`cannot use ${what}`, {
      code: "STATE_UNUSABLE",
      where: path,
      hint: "remove the file: a new one is made at the next start",
      cause,
    });
  }
}

function absent(cause: unknown): undefined {
  if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
}
