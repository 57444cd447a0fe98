import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Header } from "tar-stream";
import { pack } from "tar-stream";
import type { TrustedKeys } from "./apk-signature.ts";

export type Member = Partial<Header> & { name: string; content?: string | Uint8Array };

/** A tar archive; `open` leaves out the two empty blocks at its end, as apk does where another part follows. */
export async function tarOf(members: readonly Member[], { open = false } = {}): Promise<Buffer> {
  const archive = pack();
  for (const { content = "", ...header } of members) {
    archive.entry({ mtime: new Date(0), ...header }, Buffer.from(content));
  }
  archive.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) chunks.push(chunk as Uint8Array);
  const bytes = Buffer.concat(chunks);
  return open ? bytes.subarray(0, bytes.length - 1024) : bytes;
}

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** A key made for this run, which signs what is made here. */
export const testKeyName = "test@dryboot.internal-00000001.rsa.pub";
export const testKeys: TrustedKeys = new Map([
  [testKeyName, pair.publicKey.export({ type: "spki", format: "pem" }).toString()],
]);

interface Signing {
  /** As in the name of the signature's file. */
  kind?: "RSA" | "RSA256" | "RSA512" | "DSA";
  key?: string;
}

const digests = { RSA: "sha1", RSA256: "sha256", RSA512: "sha512", DSA: "sha1" };

/** The first part of an apk or an index: a signature over the bytes of the next. */
export async function signatureOver(signed: Uint8Array, { kind = "RSA", key = testKeyName }: Signing = {}) {
  const content = sign(digests[kind], signed, pair.privateKey);
  return gzipSync(await tarOf([{ name: `.SIGN.${kind}.${key}`, content }], { open: true }));
}

/** An index of these records, signed. */
export async function indexOf(text: string, signing: Signing = {}): Promise<Buffer> {
  const members = [
    { name: "DESCRIPTION", content: "v0.0.0\n" },
    { name: "APKINDEX", content: text },
  ];
  const signed = gzipSync(await tarOf(members));
  return Buffer.concat([await signatureOver(signed, signing), signed]);
}

export interface ApkContent {
  name?: string;
  version?: string;
  /** Lines of `.PKGINFO` beside those every package has. */
  info?: readonly string[];
  scripts?: Readonly<Record<string, string>>;
  files?: readonly Member[];
  signing?: Signing;
  /** In place of what it should be. */
  datahash?: string;
}

/** A package with a file in it, as abuild would make it. */
export async function apkOf(content: ApkContent = {}): Promise<Buffer> {
  const { name = "hello", version = "1.0-r0", info = [], scripts = {}, signing } = content;
  const { files = [{ name: "usr/" }, { name: "usr/hello", content: "hello\n", mode: 0o755 }] } = content;
  const data = gzipSync(await tarOf(files.map(withChecksum)));
  const { datahash = createHash("sha256").update(data).digest("hex") } = content;
  const lines = [
    `pkgname = ${name}`,
    `pkgver = ${version}`,
    "arch = x86_64",
    ...info,
    `datahash = ${datahash}`,
  ];
  const members = [
    { name: ".PKGINFO", content: `# made by a test\n${lines.join("\n")}\n` },
    ...Object.entries(scripts).map(([script, text]) => ({ name: `.${script}`, content: text, mode: 0o755 })),
  ];
  const control = gzipSync(await tarOf(members, { open: true }));
  return Buffer.concat([await signatureOver(control, signing), control, data]);
}

function withChecksum(member: Member): Member {
  if (member.content === undefined || member.pax !== undefined) return member;
  const sha1 = createHash("sha1").update(Buffer.from(member.content)).digest("hex");
  return { ...member, pax: { "APK-TOOLS.checksum.SHA1": sha1 } };
}
