import type { Key } from "openpgp";
import { createMessage, readKey, readKeys, readSignature, verify } from "openpgp";
import { DecodeError } from "../core/errors.ts";

/** An OpenPGP certificate: one key of a person, with those that belong to it. */
export interface OpenPgpKey {
  /** Of its primary key, 40 hex digits in upper case. */
  fingerprint: string;
  /** Alone, without whatever else the file held that it came from. */
  armored: string;
}

const largestKeyFile = 4 * 1024 * 1024;

/** The keys of a file, armored or not. */
export async function decodeOpenPgpKeys(bytes: Uint8Array): Promise<OpenPgpKey[]> {
  if (bytes.length > largestKeyFile) throw new DecodeError("keys", 0, `more than ${largestKeyFile} bytes`);
  const text = Buffer.from(bytes).toString("latin1");
  const armored = text.includes("-----BEGIN PGP PUBLIC KEY BLOCK-----");
  const reading = armored ? readKeys({ armoredKeys: text }) : readKeys({ binaryKeys: bytes });
  const keys = await reading.catch((error: unknown) => {
    throw new DecodeError("keys", 0, messageOf(error));
  });
  return keys.map((key) => ({ fingerprint: fingerprintOf(key), armored: key.toPublic().armor() }));
}

/**
 * Who signed these bytes, of the keys that are trusted; or why it counts for nothing. A signature stays good when its key
 * has expired since, and is none when it was made by a digest that is broken (openpgp's `rejectMessageHashAlgorithms`).
 */
export async function verifyDetached(
  bytes: Uint8Array,
  signature: Uint8Array,
  trusted: readonly OpenPgpKey[],
): Promise<{ signedBy: string } | { problem: string }> {
  try {
    const keys = await Promise.all(trusted.map(({ armored }) => readKey({ armoredKey: armored })));
    const text = Buffer.from(signature).toString("latin1");
    const armored = text.includes("-----BEGIN PGP SIGNATURE-----");
    const { signatures } = await verify({
      message: await createMessage({ binary: bytes }),
      signature: armored
        ? await readSignature({ armoredSignature: text })
        : await readSignature({ binarySignature: signature }),
      verificationKeys: keys,
      format: "binary",
    });
    const problems: string[] = [];
    for (const { keyID, verified } of signatures) {
      try {
        await verified;
        const signer = keys.find((key) => key.getKeys(keyID).length > 0);
        if (signer !== undefined) return { signedBy: fingerprintOf(signer) };
      } catch (error) {
        problems.push(messageOf(error));
      }
    }
    return { problem: problems.join("; ") || "there is no signature in it" };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

function fingerprintOf(key: Key): string {
  return key.getFingerprint().toUpperCase();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
