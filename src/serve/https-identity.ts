import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DrybootError } from "../core/errors.ts";
import type { ServedFile } from "../core/served-file.ts";
import type { TlsIdentity } from "../http/listener.ts";
import type { Warning } from "./interface.ts";

/** What HTTPS is served with, and what machines that are to trust it can fetch. */
export interface HttpsIdentity {
  tls: TlsIdentity;
  /** The authority's certificate, where it is our own. */
  files: ReadonlyMap<string, ServedFile>;
  warnings: readonly Warning[];
}

type Wanted = Readonly<{
  cert?: string | undefined;
  key?: string | undefined;
  /** Where relative paths begin. */
  folder: string;
  /** Where our own authority is kept. */
  store: string;
  addresses: readonly string[];
  names: readonly string[];
}>;

/** The certificate the site names, or one of our own authority, which is made when it is first needed. */
export async function httpsIdentity(wanted: Wanted): Promise<HttpsIdentity> {
  const { cert, key, folder } = wanted;
  if (cert !== undefined && key !== undefined) {
    const [certPath, keyPath] = [resolve(folder, cert), resolve(folder, key)];
    const tls = { cert: await read(certPath), key: await read(keyPath) };
    const warnings = judged(tls, { cert: certPath, key: keyPath });
    return { tls, files: new Map(), warnings };
  }
  return await ofOurAuthority(wanted);
}

async function ofOurAuthority({ store, addresses, names }: Wanted): Promise<HttpsIdentity> {
  // Loaded here, because nobody else should wait for it.
  const { derOf, issueFor, makeAuthority } = await import("../http/lab-ca.ts");
  const folder = join(store, "authority");
  const paths = { cert: join(folder, "ca.crt"), key: join(folder, "ca.key") };
  let authority = await kept(paths);
  if (authority === undefined) {
    authority = await makeAuthority("dryboot netboot authority");
    await keep(folder, paths, authority);
  }
  judged(authority, paths);
  // Made anew at every start, and its key never leaves this process.
  const tls = await issueFor(authority, { addresses, names });
  const contentType = "application/x-x509-ca-cert";
  const file = (bytes: Uint8Array): ServedFile => ({ bytes, sizeBytes: bytes.length, contentType });
  const files = new Map([
    ["ca.crt", file(Buffer.from(authority.cert))],
    ["ca.der", file(derOf(authority.cert))],
  ]);
  return { tls: { ...tls, cert: tls.cert + authority.cert }, files, warnings: [] };
}

type Paths = Readonly<{ cert: string; key: string }>;

/** The authority made earlier; undefined when there is none. */
async function kept(paths: Paths): Promise<TlsIdentity | undefined> {
  try {
    return { cert: await readFile(paths.cert, "utf8"), key: await readFile(paths.key, "utf8") };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw unusable(paths.cert, "cannot be read", error);
  }
}

/** The key first and for its owner alone; the certificate, put there in one step, says that both are complete. */
async function keep(folder: string, paths: Paths, { cert, key }: TlsIdentity): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const [path, content, mode] of [
      [paths.key, key, 0o600],
      [paths.cert, cert, 0o644],
    ] as const) {
      const unfinished = `${path}.${process.pid}`;
      await writeFile(unfinished, content, { mode, flag: "wx" });
      await rename(unfinished, path);
    }
  } catch (cause) {
    throw unusable(folder, "cannot be written", cause);
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw unusable(path, "cannot be read", cause);
  }
}

/** Whether certificate and key belong together and are valid now. Never quotes the key. */
function judged({ cert, key }: TlsIdentity, paths: Paths, now = Date.now()): Warning[] {
  const certificate = parsed(paths.cert, "is no certificate in PEM form", () => new X509Certificate(cert));
  const privateKey = parsed(paths.key, "is no private key in PEM form without a passphrase", () =>
    createPrivateKey(key),
  );
  if (!certificate.checkPrivateKey(privateKey)) throw unusable(paths.key, `is not the key of ${paths.cert}`);
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (now > to) throw unusable(paths.cert, `is over since ${certificate.validTo}`);
  const days = Math.floor((to - now) / 86_400_000);
  if (now >= from && days >= 14) return [];
  const problem =
    now < from
      ? `${paths.cert} is valid only from ${certificate.validFrom} on`
      : `${paths.cert} ends in ${days} days`;
  return [{ problem, next: "renew it, then send SIGHUP to `dryboot serve`" }];
}

function parsed<T>(path: string, problem: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw unusable(path, problem); // without the cause: it may quote what it could not read
  }
}

function unusable(path: string, problem: string, cause?: unknown): DrybootError {
  return new DrybootError(`HTTPS cannot be served: ${path} ${problem}`, {
    code: "HTTPS_IDENTITY",
    where: path,
    hint: "correct `https` in the site file; without `cert` dryboot makes its own authority in its store (remove `authority` there for a new one)",
    ...(cause === undefined ? {} : { cause }),
  });
}
