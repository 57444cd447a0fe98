import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Header } from "tar-stream";
import { pack } from "tar-stream";
import type { OverlayEntry, OverlayTree } from "./overlay.ts";
import { overlayError } from "./overlay.ts";

const compress = promisify(gzip);
/** One for all, so that the same files are the same archive. */
const changedAt = new Date(0);

/** An apkovl: tar (POSIX ustar, which Busybox reads) in gzip. The same tree and secrets are the same bytes. */
export async function packOverlay(
  tree: OverlayTree,
  secrets: ReadonlyMap<string, Uint8Array> = new Map(),
): Promise<Uint8Array> {
  const archive = pack();
  for (const entry of tree.values()) {
    if (entry.kind === "file") archive.entry(headerOf(entry), contentOf(entry.content, secrets));
    else archive.entry(headerOf(entry));
  }
  archive.finalize();
  return await compress(await buffer(archive), { level: 9 });
}

function headerOf(entry: OverlayEntry): Partial<Header> & Pick<Header, "name"> {
  const { path: name, mode, uid, gid } = entry;
  const common = { name, mode, uid, gid, mtime: changedAt };
  if (entry.kind === "folder") return { ...common, type: "directory" };
  if (entry.kind === "link") return { ...common, type: "symlink", linkname: entry.target };
  return { ...common, type: "file" };
}

function contentOf(
  content: Extract<OverlayEntry, { kind: "file" }>["content"],
  secrets: ReadonlyMap<string, Uint8Array>,
): Buffer {
  return Buffer.concat(
    content.map((piece) => {
      if (!("secret" in piece)) return piece;
      const value = secrets.get(piece.secret);
      if (value === undefined) throw secretMissing(piece.secret);
      return value;
    }),
  );
}

export function secretMissing(name: string) {
  return overlayError(
    `there is no secret ${name}`,
    `{secret.${name}}`,
    `run \`dryboot overlay secret set ${name}\``,
  );
}
