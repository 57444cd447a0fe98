import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Header } from "tar-stream";
import { extract } from "tar-stream";
import { DrybootError } from "../../core/errors.ts";
import { printable } from "../../core/printable.ts";
import { entryProblem, mostBytes, mostEntries } from "./entry-problem.ts";
import type { OverlayEntry, OverlayTree } from "./overlay.ts";
import { overlayError } from "./overlay.ts";

const uncompress = promisify(gunzip);

/** Reads an apkovl, one of `lbu` or ours. What an overlay may not hold is refused, the entry named; nothing is unpacked. */
export async function readArchive(bytes: Uint8Array, where: string): Promise<OverlayTree> {
  const tree = new Map<string, OverlayEntry>();
  const refuse = (path: string, problem: string): never => {
    const hint = "this archive is not taken: make it anew without it";
    throw overlayError(`${printable(path)} ${problem}`, where, hint);
  };
  for await (const entry of entriesOf(await inflated(bytes, where), where, refuse)) {
    const { path } = entry;
    if (path === "") continue; // the root itself, as `tar -C folder .` puts it there
    const problem = entryProblem(entry);
    if (problem !== undefined) refuse(path, problem);
    if (tree.has(path)) refuse(path, "is there twice");
    if (tree.size >= mostEntries) refuse(path, `is one entry more than the ${mostEntries} there may be`);
    tree.set(path, entry);
  }
  for (const path of tree.keys()) {
    const parent = linkAbove(path, tree);
    if (parent !== undefined) refuse(path, `leads through ${parent}, which is no folder`);
  }
  return new Map([...tree].sort(([one], [other]) => (one < other ? -1 : 1)));
}

type Refuse = (path: string, problem: string) => never;

async function* entriesOf(tar: Uint8Array, where: string, refuse: Refuse): AsyncGenerator<OverlayEntry> {
  const reader = extract();
  reader.end(tar);
  try {
    for await (const piece of reader) {
      // What is no file has no content that anybody reads, but it is to be read past.
      yield entryOf(piece.header, await buffer(piece), where, refuse);
    }
  } catch (error) {
    if (!(error instanceof Error) || error instanceof DrybootError) throw error;
    const hint = "an overlay is made by `lbu package` or `dryboot overlay build`";
    throw overlayError("this is no tar archive", where, hint, error);
  }
}

/** No more than an overlay may be, and the headers of its entries. */
async function inflated(bytes: Uint8Array, where: string): Promise<Uint8Array> {
  try {
    return await uncompress(bytes, { maxOutputLength: mostBytes + mostEntries * 2048 });
  } catch (cause) {
    const tooLarge = (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    const what = tooLarge ? "this overlay is too large" : "this is not gzip";
    const hint = tooLarge
      ? `it may have ${mostBytes} bytes and ${mostEntries} entries`
      : "an overlay is tar.gz: encrypted ones (`.aes-256-cbc`) cannot be fetched over a network";
    throw overlayError(what, where, hint, cause);
  }
}

const kinds: Readonly<Record<string, OverlayEntry["kind"]>> = {
  file: "file",
  "contiguous-file": "file",
  directory: "folder",
  symlink: "link",
};

function entryOf(header: Header, content: Uint8Array, layer: string, refuse: Refuse): OverlayEntry {
  const { name, type, mode = 0, uid = 0, gid = 0, linkname } = header;
  const kind = kinds[type ?? ""] ?? refuse(name, `is a ${type ?? "thing of no known type"}`);
  const path = name.replace(/^(\.\/+)+/, "").replace(/(?<=[^/])\/+$/, "");
  const common = { path: path === "." ? "" : path, mode: mode & 0o7777, uid, gid, layer };
  if (kind === "file") return { ...common, kind, content: [content] };
  return kind === "link" ? { ...common, kind, target: linkname ?? "" } : { ...common, kind };
}

function linkAbove(path: string, tree: OverlayTree): string | undefined {
  const names = path.split("/");
  return names
    .slice(1)
    .map((_, index) => names.slice(0, index + 1).join("/"))
    .find((above) => tree.has(above) && tree.get(above)?.kind !== "folder");
}
