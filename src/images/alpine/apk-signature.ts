import { createPublicKey, verify } from "node:crypto";
import { DecodeError } from "../../core/errors.ts";
import { decodeTar } from "./tar.ts";

/** Over the compressed bytes of what follows it in an apk or an index. */
export interface ApkSignature {
  digest: "sha1" | "sha256" | "sha512";
  /** The file name of the key, as in `/etc/apk/keys`. */
  key: string;
  bytes: Uint8Array;
}

/** Public keys in PEM by their file names. */
export type TrustedKeys = ReadonlyMap<string, string>;

const digests: Readonly<Record<string, ApkSignature["digest"]>> = {
  RSA: "sha1",
  RSA256: "sha256",
  RSA512: "sha512",
};

const largest = 64 * 1024;

/** The members `.SIGN.RSA.<key>` of a signature tar; those of kinds nobody checks are passed over. */
export async function decodeSignatures(tar: Uint8Array, field: string): Promise<ApkSignature[]> {
  const entries = await decodeTar(tar, { field, maxEntries: 16, maxBytes: largest });
  return entries.flatMap(({ path, type, content }) => {
    const [, kind = "", key = ""] = /^\.SIGN\.([A-Z0-9]+)\.(.+)$/.exec(path) ?? [];
    if (type !== "file" || key === "") throw new DecodeError(field, 0, `\`${path}\` is no signature`);
    const digest = digests[kind];
    return digest === undefined ? [] : [{ digest, key, bytes: content }];
  });
}

/** The name of the trusted key that signed it, or why none did. One good signature is enough, as for apk. */
export function verifySignatures(
  signatures: readonly ApkSignature[],
  signed: Uint8Array,
  keys: TrustedKeys,
): { signedBy: string } | { problem: string } {
  if (signatures.length === 0) return { problem: "it is not signed" };
  const known = signatures.filter(({ key }) => keys.has(key));
  if (known.length === 0) {
    return { problem: `signed by a key that is not trusted: ${signatures.map(({ key }) => key).join(", ")}` };
  }
  for (const { digest, key, bytes } of known) {
    if (isGood(digest, signed, keys.get(key) ?? "", bytes)) return { signedBy: key };
  }
  return { problem: `the signature of ${known.map(({ key }) => key).join(", ")} is not over these bytes` };
}

function isGood(digest: string, signed: Uint8Array, pem: string, signature: Uint8Array): boolean {
  const key = createPublicKey(pem);
  // Else `verify` would take another kind of signature for what is called RSA.
  return key.asymmetricKeyType === "rsa" && verify(digest, signed, key, signature);
}
