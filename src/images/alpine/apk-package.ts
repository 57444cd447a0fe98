import { createHash } from "node:crypto";
import { DecodeError } from "../../core/errors.ts";
import { refuseAdb } from "./adb.ts";
import type { ApkSignature } from "./apk-signature.ts";
import { decodeSignatures } from "./apk-signature.ts";
import { isApkVersion } from "./apk-version.ts";
import { decodeGzipMember } from "./gzip-members.ts";
import type { TarEntry } from "./tar.ts";
import { decodeTar } from "./tar.ts";

/** An apk of version 2, whole: its digests have been found to fit each other. Whether it is signed is another question. */
export interface ApkPackage {
  name: string;
  version: string;
  architecture: string;
  /** As `C:` in an index. */
  identity: string;
  /** `.PKGINFO`, each key with all its values. */
  info: ReadonlyMap<string, readonly string[]>;
  /** By their names without the dot: `post-install`, `trigger`. */
  scripts: ReadonlyMap<string, Uint8Array>;
  files: readonly TarEntry[];
  signatures: readonly ApkSignature[];
  /** What they are over. */
  signed: Uint8Array;
}

// The kernel's package of 3.19 is 119 MB and unpacks to little more: its modules are compressed already.
const largestData = 1024 * 1024 * 1024;
const largestControl = 16 * 1024 * 1024;

/** Reads an apk: signature, control and data, a gzip stream each (apk-v2(5)). */
export async function decodeApk(bytes: Uint8Array, { maxBytes = largestData } = {}): Promise<ApkPackage> {
  refuseAdb(bytes, "apk");
  const signature = decodeGzipMember(bytes, { field: "signature", maxBytes: 64 * 1024 });
  const control = decodeGzipMember(bytes, {
    ...{ field: "control", maxBytes: largestControl, offset: signature.end },
  });
  const members = await decodeTar(control.content, {
    ...{ field: "control", maxEntries: 64, maxBytes: largestControl },
  });
  const pkginfo = members.find(({ path, type }) => path === ".PKGINFO" && type === "file");
  if (pkginfo === undefined) throw new DecodeError("control", 0, "there is no .PKGINFO in it");
  const info = parsePkginfo(Buffer.from(pkginfo.content).toString());
  const one = (key: string) => info.get(key)?.[0] ?? "";
  if (!/^[A-Za-z0-9_][A-Za-z0-9_+.-]{0,255}$/.test(one("pkgname")) || !isApkVersion(one("pkgver"))) {
    throw new DecodeError(".PKGINFO", 0, "it says no name and version that are possible");
  }
  return {
    name: one("pkgname"),
    version: one("pkgver"),
    architecture: one("arch"),
    identity: `Q1${sha1(control.compressed).toString("base64")}`,
    info,
    scripts: new Map(
      members
        .filter(({ path, type }) => type === "file" && path !== ".PKGINFO")
        .map(({ path, content }) => [path.replace(/^\./, ""), content]),
    ),
    files: await decodeData(bytes.subarray(control.end), one("datahash"), maxBytes),
    signatures: await decodeSignatures(signature.content, "signature"),
    signed: control.compressed,
  };
}

/** The files, tied to the signed control part by its `datahash`, and each by a digest of its own. */
async function decodeData(bytes: Uint8Array, datahash: string, maxBytes: number): Promise<TarEntry[]> {
  const field = "data";
  const found = createHash("sha256").update(bytes).digest("hex");
  if (bytes.length === 0 && datahash === "") return [];
  if (found !== datahash) throw new DecodeError(field, 0, `its sha256 is ${found}, not the datahash`);
  const { content, end } = decodeGzipMember(bytes, { field, maxBytes });
  if (end !== bytes.length) throw new DecodeError(field, end, "more follows the data");
  const files = await decodeTar(content, { field, maxEntries: 200_000, maxBytes });
  for (const file of files) {
    const wanted = file.pax.get("APK-TOOLS.checksum.SHA1");
    if (file.type !== "file" || wanted === undefined) continue;
    if (sha1(file.content).toString("hex") !== wanted.toLowerCase()) {
      throw new DecodeError(field, 0, `${file.path} is not what its checksum says`);
    }
  }
  return files;
}

/** `key = value`, a line each; what several lines say of one key, as `depend`, is all kept. */
export function parsePkginfo(text: string): Map<string, string[]> {
  const info = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [, key = "", value = ""] = /^([a-z_]+) = (.*)$/.exec(line) ?? [];
    if (key === "")
      throw new DecodeError(".PKGINFO", 0, `not a line of it: ${JSON.stringify(line.slice(0, 80))}`);
    const values = info.get(key);
    if (values === undefined) info.set(key, [value]);
    else values.push(value);
  }
  return info;
}

function sha1(bytes: Uint8Array): Buffer {
  return createHash("sha1").update(bytes).digest();
}
