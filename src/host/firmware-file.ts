import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { run } from "../core/child.ts";
import { isAbort } from "../core/errors.ts";

/** A firmware or loader file as it was found. */
export interface FirmwareFile {
  path: string;
  sizeBytes: number;
  sha256: string;
  /** `unknown` where neither the file nor a package manager tells. */
  version: string;
  versionFrom: "file" | "package" | "nowhere";
}

/** The version that SeaBIOS and iPXE carry as a text of its own, with what the packager added. */
const versionText = /\0(?:rel-|v)?(\d{1,2}\.\d{1,3}\.\d{1,3}(?:[-+~ ][\w.+~() -]{1,60})?)\0/;

/** Reads a file whole; undefined when it cannot be read, as for a link that leads nowhere. */
export async function readFirmwareFile(
  path: string,
  signal: AbortSignal,
): Promise<{ file: FirmwareFile; bytes: Buffer } | undefined> {
  const bytes = await readFile(path, { signal }).catch((error: unknown) => {
    if (isAbort(error)) throw error;
    return undefined;
  });
  if (bytes === undefined || bytes.length === 0) return undefined;
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const found = { path, sizeBytes: bytes.length, sha256 };
  const inFile = versionIn(bytes);
  if (inFile !== undefined) return { bytes, file: { ...found, version: inFile, versionFrom: "file" } };
  const packaged = await packageVersion(path, signal);
  if (packaged !== undefined) return { bytes, file: { ...found, version: packaged, versionFrom: "package" } };
  return { bytes, file: { ...found, version: "unknown", versionFrom: "nowhere" } };
}

/** The version as the file itself tells it; packed files (undionly.kpxe, OVMF) tell nothing. */
export function versionIn(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  if (!/SeaBIOS|iPXE/.test(text)) return undefined;
  return versionText.exec(text)?.[1];
}

/** The version of the Debian package that a file belongs to. */
async function packageVersion(path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const owner = await run("dpkg-query", ["--search", await realpath(path)], { signal, timeoutMs: 5000 });
    const [name] = owner.split(": ", 1);
    if (name === undefined || name.startsWith("diversion")) return undefined;
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own notation
    const version = await run("dpkg-query", ["--show", "--showformat=${Version}", name], { signal });
    return version.trim() || undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error) return undefined; // no dpkg, or no package: then it is not known
    throw error;
  }
}
