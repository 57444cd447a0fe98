import type { FileHandle } from "node:fs/promises";
import { access, chmod, mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { writeDurably } from "../../core/durable.ts";
import { DrybootError } from "../../core/errors.ts";
import { secretName } from "./template-file.ts";

export const longestSecret = 64 * 1024;
const mostSecrets = 1024;
const identityFile = "identity";
const sealedSuffix = ".age";

// 100 ms of curves, which only who has secrets waits for.
const loadAge = () => import("age-encryption");

/**
 * Where secrets lie, each encrypted, and the key to them: `$DRYBOOT_SECRETS`, else `dryboot/secrets` in the user's
 * settings (XDG base directory specification). Never beside a site: that is in version control.
 */
export function secretsFolder(env: NodeJS.ProcessEnv = process.env): string {
  const { DRYBOOT_SECRETS, XDG_CONFIG_HOME } = env;
  if (DRYBOOT_SECRETS) return resolve(DRYBOOT_SECRETS);
  return join(XDG_CONFIG_HOME || join(homedir(), ".config"), "dryboot/secrets");
}

/** Secrets at rest: one file of age (https://age-encryption.org/v1) each, for the identity that lies beside them. */
export class SecretStore {
  readonly folder: string;

  constructor(folder: string = secretsFolder()) {
    this.folder = folder;
  }

  /** Makes the identity; returns its public half. One that is there stays. */
  async init(): Promise<string> {
    await refuseRepository(this.folder);
    const { generateX25519Identity, identityToRecipient } = await loadAge();
    const identity = await generateX25519Identity();
    const recipient = await identityToRecipient(identity);
    const path = join(this.folder, identityFile);
    let handle: FileHandle;
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await chmod(this.folder, 0o700); // it may have been there
      handle = await open(path, "wx", 0o600);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw unusable(this.folder, cause);
      throw secretError("there is an identity already", path, "it stays: without it no secret could be read");
    }
    await using file = handle;
    await file.writeFile(`# public key: ${recipient}\n${identity}\n`);
    await file.sync();
    return recipient;
  }

  async set(name: string, value: Uint8Array): Promise<void> {
    const path = this.#path(name);
    await refuseRepository(this.folder);
    if (value.length === 0 || value.length > longestSecret) {
      throw secretError(`a secret has 1 to ${longestSecret} bytes`, name, "give it on standard input");
    }
    const { Encrypter, identityToRecipient } = await loadAge();
    const encrypter = new Encrypter();
    encrypter.addRecipient(await identityToRecipient(await this.identity()));
    await writeDurably(path, await encrypter.encrypt(value), 0o600);
  }

  async list(): Promise<string[]> {
    const files = await readdir(this.folder).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === "ENOENT") return [];
      throw unusable(this.folder, cause);
    });
    return files
      .flatMap((file) => (file.endsWith(sealedSuffix) ? file.slice(0, -sealedSuffix.length) : []))
      .filter((name) => secretName.test(name))
      .sort();
  }

  async remove(name: string): Promise<void> {
    const path = this.#path(name);
    await rm(path).catch((cause: NodeJS.ErrnoException) => {
      throw cause.code === "ENOENT"
        ? secretError(`there is no secret ${name}`, this.folder, "`dryboot overlay secret list` shows them")
        : unusable(path, cause);
    });
  }

  /** What decrypts them; refused where others could read it too. */
  async identity(): Promise<string> {
    const path = join(this.folder, identityFile);
    try {
      await using file = await open(path, "r");
      const { mode } = await file.stat();
      const [identity] = /^AGE-SECRET-KEY-1[0-9A-Z]+$/m.exec(await file.readFile("utf8")) ?? [];
      if ((mode & 0o077) !== 0)
        throw secretError("others may read the identity", path, `run \`chmod 600 ${path}\``);
      if (identity !== undefined) return identity;
    } catch (cause) {
      if (cause instanceof DrybootError) throw cause;
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw unusable(path, cause);
      throw secretError(
        "there is no identity to read secrets with",
        path,
        "run `dryboot overlay secret init`",
      );
    }
    throw secretError(
      "this is no identity of age",
      path,
      "it holds a line that begins with AGE-SECRET-KEY-1",
    );
  }

  /** All of them as they lie there, encrypted. */
  async sealed(): Promise<Map<string, Uint8Array>> {
    const names = await this.list();
    if (names.length > mostSecrets)
      throw secretError(`there are more than ${mostSecrets} secrets`, this.folder, "remove some");
    const read = names.map(async (name): Promise<[string, Uint8Array]> => {
      const path = this.#path(name);
      return [name, await readFile(path).catch((cause: unknown) => Promise.reject(unusable(path, cause)))];
    });
    return new Map(await Promise.all(read));
  }

  #path(name: string): string {
    if (secretName.test(name)) return join(this.folder, `${name}${sealedSuffix}`);
    throw secretError(
      "this is no name of a secret",
      name,
      "lower-case letters, digits and hyphens, at most 64, a letter first",
    );
  }
}

/** Decrypts one; what comes back is for nobody to keep. */
export async function openSecret(name: string, sealed: Uint8Array, identity: string): Promise<Uint8Array> {
  const { Decrypter } = await loadAge();
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    return await decrypter.decrypt(sealed);
  } catch {
    // Not what age says: nobody knows what it may quote.
    throw secretError(`the secret ${name} cannot be read with this identity`, name, "set it again");
  }
}

/** The key would be one `git add` away from everybody. */
async function refuseRepository(folder: string): Promise<void> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = await access(join(at, ".git")).then(
      () => true,
      () => false,
    );
    if (found)
      throw secretError(`${at} is a Git repository`, folder, "name another folder in DRYBOOT_SECRETS");
    if (at === dirname(at)) return;
  }
}

function unusable(path: string, cause: unknown): DrybootError {
  return secretError("the folder of secrets cannot be used", path, "it must be this user's own", cause);
}

function secretError(what: string, where: string, hint: string, cause?: unknown): DrybootError {
  return new DrybootError(what, { code: "SECRET_UNUSABLE", where, hint, exitCode: 2, cause });
}
