import type { IncomingHttpHeaders } from "node:http";
import type { ServedFile } from "../core/served-file.ts";
import type { Validators } from "./conditions.ts";
import { precondition, rangeApplies } from "./conditions.ts";
import { contentTypeOf } from "./content-type.ts";
import type { ByteRange } from "./range.ts";
import { parseRange } from "./range.ts";

/** What goes back: a head, and the bytes of the file or a text for people. */
export type Reply = Readonly<{
  status: number;
  headers: Readonly<Record<string, string>>;
  range?: ByteRange;
  text?: string;
}>;

/** What a GET or HEAD of this file is answered. Pure; whether the body is sent is up to the method. */
export function decide(
  request: { method: string; path: string; headers: IncomingHttpHeaders },
  file: Pick<ServedFile, "sizeBytes" | "sha256" | "modifiedMs" | "contentType">,
  nowMs: number,
): Reply {
  const { sizeBytes } = file;
  const validators = validatorsOf(file, nowMs);
  const common: Record<string, string> = { "accept-ranges": "bytes" };
  if (validators.etag !== undefined) common["etag"] = validators.etag;
  if (validators.lastModifiedMs !== undefined) {
    common["last-modified"] = new Date(validators.lastModifiedMs).toUTCString();
  }
  const condition = precondition(request.headers, validators);
  if (condition === 304) return { status: 304, headers: common };
  if (condition === 412) return textReply(412, "the file is no longer the one you began with\n", common);

  // RFC 9110 §14.2: `Range` means something to GET only.
  const asked = request.method === "GET" && rangeApplies(request.headers, validators, nowMs);
  const range = asked ? parseRange(request.headers.range, sizeBytes) : undefined;
  if (range === "unsatisfiable") {
    const headers = { ...common, "content-range": `bytes */${sizeBytes}` };
    return textReply(416, `the file has ${sizeBytes} bytes\n`, headers);
  }
  const sent = range ?? { start: 0, end: sizeBytes };
  const headers: Record<string, string> = {
    ...common,
    "content-type": file.contentType ?? contentTypeOf(request.path),
    "content-length": String(sent.end - sent.start),
  };
  if (range === undefined) return { status: 200, headers, range: sent };
  headers["content-range"] = `bytes ${range.start}-${range.end - 1}/${sizeBytes}`;
  return { status: 206, headers, range };
}

export function textReply(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
  contentType = "text/plain; charset=utf-8",
): Reply {
  const length = String(Buffer.byteLength(text));
  return { status, text, headers: { ...headers, "content-type": contentType, "content-length": length } };
}

/**
 * EDK2 resumes a broken download only against validators (`If-Match`, `If-Unmodified-Since`). A digest is a strong one; a
 * time and a size are not (RFC 9110 §8.8.1), for two versions may share them.
 */
function validatorsOf(file: Parameters<typeof decide>[1], nowMs: number): Validators {
  const { sha256, modifiedMs, sizeBytes } = file;
  const weak =
    modifiedMs === undefined
      ? undefined
      : `W/"${sizeBytes.toString(36)}-${Math.floor(modifiedMs).toString(36)}"`;
  const etag = sha256 === undefined ? weak : `"${sha256}"`;
  return {
    ...(etag === undefined ? {} : { etag }),
    // Not later than the response itself (RFC 9110 §8.8.2.1): the clock of who made the file may be ahead.
    ...(modifiedMs === undefined ? {} : { lastModifiedMs: Math.min(modifiedMs, nowMs) }),
  };
}
