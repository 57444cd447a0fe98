import { randomBytes } from "node:crypto";
import { closeSync, constants, openSync, readFileSync, writeFileSync } from "node:fs";
import { DrybootError } from "../core/errors.ts";

/** The secret for changing things over HTTP: made when there is none, for nobody but the server's user to read. */
export function apiToken(path: string): string {
  try {
    const made = openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
    try {
      writeFileSync(made, `${randomBytes(32).toString("base64url")}\n`);
    } finally {
      closeSync(made);
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw unusable(path, cause);
  }
  const token = readFileSync(path, "utf8").trim();
  if (token.length >= 16) return token;
  throw unusable(path, new Error("it holds fewer than 16 characters"));
}

function unusable(path: string, cause: unknown): DrybootError {
  return new DrybootError("cannot use the token of the HTTP API", {
    code: "STATE_UNUSABLE",
    where: path,
    hint: "remove the file: a new one is made at the next start",
    cause,
  });
}
