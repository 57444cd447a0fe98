import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { Pack } from "tar-stream";
import { pack } from "tar-stream";
import { DecodeError } from "../../core/errors.ts";
import type { TarHead } from "../alpine/tar.ts";
import { readState, stateLimits } from "./check-state.ts";

/** One member of an archive as it stands there: what is said of it, and its bytes, those of long names before it too. */
interface Member extends Pick<TarHead, "path" | "type" | "target"> {
  raw: Uint8Array;
  content: Uint8Array;
}

const worldPath = "etc/apk/world";
const unpack = promisify(gunzip);
const compress = promisify(gzip);

/**
 * Lays archives over one another: what a later one says of a path counts, and packages of all of them are wanted. The
 * members pass through as they are, byte for byte: what the machine's own tar wrote, it can read.
 */
export async function layered(
  archives: readonly Uint8Array[],
  without: readonly string[] = [],
): Promise<Uint8Array> {
  const members = new Map<string, Member>();
  const world = new Set<string>();
  for (const archive of archives) {
    for (const member of await membersOf(archive)) {
      for (const word of wordsOf(member)) world.add(word);
      put(members, member);
    }
  }
  for (const path of without) members.delete(path);
  const mine = members.get(worldPath);
  if (mine) {
    const content = [...world].sort().map((word) => `${word}\n`);
    const raw = await packed([{ header: { name: worldPath }, content: content.join("") }]);
    members.set(worldPath, { ...mine, raw });
  }
  return await archiveOf(...linksLast(members).map((member) => member.raw));
}

/** The packages that a member of the name wants. */
function wordsOf({ path, type, content }: Member): string[] {
  if (path !== worldPath || type !== "file") return [];
  return Buffer.from(content)
    .toString("utf8")
    .split(/\s+/)
    .filter((word) => word !== "");
}

/** A folder stays what it was, with what is in it; anything else takes the place of whatever was there. */
function put(members: Map<string, Member>, member: Member): void {
  const { path, type } = member;
  if (type === "folder" && members.get(path)?.type === "folder") return;
  members.delete(path);
  for (const [other, { type: kind }] of members) {
    const below = type !== "folder" && other.startsWith(`${path}/`);
    const above = kind !== "folder" && path.startsWith(`${other}/`);
    if (below || above) members.delete(other);
  }
  members.set(path, member);
}

/** An apkovl of these members. */
export async function archiveOf(...members: readonly Uint8Array[]): Promise<Uint8Array> {
  return await compress(Buffer.concat([...members, Buffer.alloc(2 * blockBytes)]));
}

/** Second names of files must come behind these, and go where those are gone. */
function linksLast(members: ReadonlyMap<string, Member>): Member[] {
  const all = [...members.values()];
  const isFile = (target = "") => members.get(target.replace(/^(\.?\/+)+/, ""))?.type === "file";
  return [
    ...all.filter(({ type }) => type !== "hardlink"),
    ...all.filter(({ type, target }) => type === "hardlink" && isFile(target)),
  ];
}

async function membersOf(archive: Uint8Array): Promise<Member[]> {
  const tar = await unpack(archive, { maxOutputLength: 2 * stateLimits.maxBytes });
  const raw = rawMembers(tar);
  const members: Member[] = [];
  await readState(archive, async ({ path, type, target }, stream) => {
    const content: Uint8Array[] = [];
    if (path === worldPath) for await (const chunk of stream) content.push(chunk);
    const next = raw.next();
    if (next.done) throw new DecodeError("archive", 0, "it has fewer members than it seemed");
    members.push({
      ...{ path, type, raw: next.value, content: Buffer.concat(content) },
      ...(target === undefined ? {} : { target }),
    });
  });
  return members;
}

const blockBytes = 512;
/** POSIX pax headers, and GNU's long names and long targets: they speak of the member behind them. */
const extensions = "xLK";

/** The bytes of each member; the archive has been read before, so that every one is whole. */
function* rawMembers(tar: Uint8Array): Generator<Uint8Array> {
  let begin = 0;
  for (let at = 0; at + blockBytes <= tar.length && tar[at] !== 0; ) {
    const header = Buffer.from(tar.buffer, tar.byteOffset + at, blockBytes);
    const type = header.toString("latin1", 156, 157);
    at += blockBytes + Math.ceil(sizeIn(header) / blockBytes) * blockBytes;
    if (extensions.includes(type)) continue;
    const name = header.toString("latin1", 0, 100).replace(/\0.*/s, "");
    // The archive's own root is nobody's path, nor are headers for all of it.
    if (!/^(\.?\/*)*$/.test(name) && type !== "g") yield tar.subarray(begin, at);
    begin = at;
  }
}

/** In octal, or in base 256 where that is too short (GNU). */
function sizeIn(header: Buffer): number {
  if (((header[124] ?? 0) & 0x80) !== 0) return Number(header.readBigUInt64BE(128));
  return Number.parseInt(header.toString("latin1", 124, 136).replace(/[\0 ].*/s, "") || "0", 8);
}

/** Members made here, of an archive that goes on. */
export async function packed(
  entries: readonly Readonly<{ header: Parameters<Pack["entry"]>[0]; content?: string }>[],
): Promise<Buffer> {
  const archive = pack();
  for (const { header, content = "" } of entries) archive.entry({ ...header, mtime: new Date(0) }, content);
  archive.finalize();
  return (await buffer(archive)).subarray(0, -2 * blockBytes);
}
