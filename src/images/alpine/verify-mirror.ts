import { readFile, stat } from "node:fs/promises";
import { DecodeError } from "../../core/errors.ts";
import { decodeApkIndex } from "./apk-index.ts";
import { decodeApk } from "./apk-package.ts";
import { verifySignatures } from "./apk-signature.ts";
import { alpineKeys } from "./trusted-keys.ts";

/** What is larger is not read into memory: the machine's own apk verifies it. */
const largestBytes = 64 * 2 ** 20;

/**
 * What is wrong with a file of an Alpine mirror: an index or package that none of Alpine's keys has signed, or that is not
 * what was signed. Undefined for what carries no signature of its own, and for processors whose keys we do not have.
 */
export async function verifyAlpineFile(path: string, file: string): Promise<string | undefined> {
  const [, arch, name = ""] = /(?:^|\/)(x86_64|aarch64)\/([^/]+)$/.exec(path) ?? [];
  const isIndex = name === "APKINDEX.tar.gz";
  if ((arch !== "x86_64" && arch !== "aarch64") || !(isIndex || name.endsWith(".apk"))) return undefined;
  if ((await stat(file)).size > largestBytes) return undefined;
  try {
    const bytes = await readFile(file);
    const { signatures, signed } = isIndex ? await decodeApkIndex(bytes) : await decodeApk(bytes);
    const verified = verifySignatures(signatures, signed, alpineKeys(arch));
    return "problem" in verified ? verified.problem : undefined;
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}
