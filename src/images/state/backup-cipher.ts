import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { Decrypter, Encrypter } from "age-encryption";
import { createMessage, decrypt, encrypt, readKey, readMessage, readPrivateKey } from "openpgp";
import { DrybootError } from "../../core/errors.ts";

/** How a backup is encrypted: for whom, and by what the file's name says so. */
export interface Cipher {
  suffix: "age" | "gpg";
  encrypt(plain: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
}

/** For everybody who has the identity of one of these recipients (`age1...`). */
export function ageCipher(recipients: readonly string[]): Cipher {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (cause) {
      throw unusable(
        `\`${recipient}\` is no recipient of age`,
        "--recipient",
        "write the `age1...` of `age-keygen`",
        cause,
      );
    }
  }
  return {
    suffix: "age",
    async *encrypt(plain) {
      yield* iterated(
        await encrypter.encrypt(Readable.toWeb(Readable.from(plain)) as ReadableStream<Uint8Array>),
      );
    },
  };
}

/** For whoever has the private key to this public one. */
export async function openPgpCipher(keyFile: string): Promise<Cipher> {
  const key = await readKeyFile(keyFile, async (armoredKey) => await readKey({ armoredKey }));
  return {
    suffix: "gpg",
    async *encrypt(plain) {
      const binary = Readable.toWeb(Readable.from(plain)) as ReadableStream<Uint8Array>;
      const message = await createMessage({ binary });
      const encrypted = await encrypt({ message, encryptionKeys: key.toPublic(), format: "binary" });
      yield* iterated(encrypted as unknown as ReadableStream<Uint8Array>);
    },
  };
}

/** Decrypts with the identity file of age, or with a private key of OpenPGP. */
export async function decrypted(bytes: Uint8Array, suffix: string, keyFile: string): Promise<Uint8Array> {
  try {
    if (suffix === "age") {
      const decrypter = new Decrypter();
      const lines = (await readFile(keyFile, "utf8")).split("\n").map((line) => line.trim());
      for (const line of lines) if (line.startsWith("AGE-SECRET-KEY-")) decrypter.addIdentity(line);
      return await decrypter.decrypt(bytes);
    }
    const decryptionKeys = await readKeyFile(
      keyFile,
      async (armoredKey) => await readPrivateKey({ armoredKey }),
    );
    const message = await readMessage({ binaryMessage: bytes });
    const { data } = await decrypt({ message, decryptionKeys, format: "binary" });
    return data as Uint8Array;
  } catch (cause) {
    if (cause instanceof DrybootError) throw cause;
    throw unusable(
      "the backup cannot be decrypted with this key",
      keyFile,
      "name the key that it was made for with --key FILE; it must not have a passphrase",
      cause,
    );
  }
}

async function readKeyFile<Key>(path: string, read: (text: string) => Promise<Key>): Promise<Key> {
  try {
    return await read(await readFile(path, "utf8"));
  } catch (cause) {
    throw unusable(
      "this is no OpenPGP key",
      path,
      "name a file of `gpg --armor --export` (to restore: `--export-secret-keys`)",
      cause,
    );
  }
}

async function* iterated(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield chunk;
}

function unusable(what: string, where: string, hint: string, cause: unknown): DrybootError {
  return new DrybootError(what, { code: "KEY_UNUSABLE", where, hint, exitCode: 2, cause });
}
