import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeDurably } from "../../core/durable.ts";
import { DecodeError, DrybootError } from "../../core/errors.ts";
import { storeFailure } from "../../host/store-failure.ts";
import type { OpenPgpKey } from "../openpgp.ts";
import { decodeOpenPgpKeys } from "../openpgp.ts";

/** Who signs the releases of a distribution. Only the fingerprint is known here: the key itself is for the user to add. */
export interface ReleaseSigner {
  name: string;
  /** 40 hex digits in upper case. */
  fingerprint: string;
  /** Where the key can be had. What is had there counts by its fingerprint alone. */
  published: string;
}

/** Signs Alpine's release tarballs (rsa4096, 2014-12-10). */
export const alpineSigner: ReleaseSigner = {
  name: "Natanael Copa, for Alpine Linux",
  fingerprint: "0482D84022F52DF1C4E7CD43293ACD0907D9495A",
  published: "https://alpinelinux.org/keys/ncopa.asc",
};

/** Takes the signer's key out of a file of keys into the store; any other fingerprint is refused. */
export async function addReleaseKey(path: string, store: string, signer = alpineSigner): Promise<void> {
  const found = await keysOf(path);
  const key = found.find(({ fingerprint }) => fingerprint === signer.fingerprint);
  if (key === undefined) {
    const seen = found.map(({ fingerprint }) => fingerprint).join(", ") || "none";
    throw new DrybootError(`${path} does not hold the key of ${signer.name}`, {
      code: "RELEASE_KEY_OTHER",
      where: path,
      evidence: [`wanted: ${signer.fingerprint}`, `in it:  ${seen}`],
      hint: `take the file from ${signer.published}; a key of another fingerprint is never accepted`,
    });
  }
  const file = keyFile(store, signer);
  try {
    await writeDurably(file, key.armored);
  } catch (error) {
    throw storeFailure(file, error);
  }
}

/** The signer's key, as it was added; its fingerprint is looked at again. */
export async function loadReleaseKey(store: string, signer = alpineSigner): Promise<OpenPgpKey> {
  const path = keyFile(store, signer);
  const found = await keysOf(path).catch((error: unknown) => {
    if (error instanceof DrybootError && error.code === "RELEASE_KEY_UNREADABLE") return [];
    throw error;
  });
  const key = found.find(({ fingerprint }) => fingerprint === signer.fingerprint);
  if (key !== undefined) return key;
  throw new DrybootError(`the key that signs the releases of ${signer.name} is not here`, {
    code: "RELEASE_KEY_MISSING",
    where: path,
    evidence: [`its fingerprint: ${signer.fingerprint}`],
    hint: `fetch ${signer.published}, then \`./dryboot image keys add ncopa.asc\`: the fingerprint is checked`,
    exitCode: 2,
  });
}

function keyFile(store: string, { fingerprint }: ReleaseSigner): string {
  return join(store, "keys", `${fingerprint}.asc`);
}

async function keysOf(path: string): Promise<OpenPgpKey[]> {
  try {
    return await decodeOpenPgpKeys(await readFile(path));
  } catch (error) {
    if (!(error instanceof DecodeError) && !isFileError(error)) throw error;
    throw new DrybootError(`${path} cannot be read as OpenPGP keys`, {
      code: "RELEASE_KEY_UNREADABLE",
      where: path,
      hint: "name a file of OpenPGP public keys, armored (.asc) or not (.gpg)",
      cause: error,
    });
  }
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && "code" in error && "syscall" in error;
}
