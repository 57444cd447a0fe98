import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import type { Header } from "tar-stream";
import { pack } from "tar-stream";
import { onTestFinished } from "vitest";

/** An apkovl of these entries: a text is a file with it, anything else a header. */
export async function apkovl(entries: Readonly<Record<string, string | Partial<Header>>>): Promise<Buffer> {
  const archive = pack();
  for (const [name, entry] of Object.entries(entries)) {
    const mtime = new Date(0);
    archive.entry(
      { name, mtime, ...(typeof entry === "string" ? {} : entry) },
      typeof entry === "string" ? entry : "",
    );
  }
  archive.finalize();
  return gzipSync(await buffer(archive));
}

/** What a machine that somebody set up hands in. */
export const usualState = {
  etc: { type: "directory" },
  "etc/hostname": "shoe\n",
  "etc/apk": { type: "directory" },
  "etc/apk/world": "alpine-base\nopenssh\n",
  "etc/runlevels/default": { type: "directory" },
  "etc/runlevels/default/sshd": { type: "symlink", linkname: "/etc/init.d/sshd" },
} as const;

/** A folder of a test, gone when that ends. */
export async function testFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "dryboot-states-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Bytes as they come from a socket: in pieces. */
export async function* inPieces(bytes: Uint8Array, size = 64): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
