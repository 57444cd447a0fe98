import type { FileHandle } from "node:fs/promises";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { formatDuration, formatSize } from "../core/units.ts";
import { MirrorProblem, openUrl } from "./http-get.ts";
import type { PartialFile } from "./partial-file.ts";

export interface TransferLimits {
  /** A mirror that brings less than `leastBytes` in this time is given up. There is no limit to the whole. */
  stallMs: number;
  leastBytes: number;
  /** How often one mirror is asked for the rest of what broke off. */
  tries: number;
  /** What is longer is not fetched. */
  mostBytes: number;
}

export const usualLimits: TransferLimits = {
  stallMs: 30_000,
  leastBytes: 4096,
  tries: 4,
  mostBytes: 16 * 2 ** 30,
};

export interface Transfer {
  url: string;
  partial: PartialFile;
  /** The exact length, where it is known beforehand. */
  sizeBytes?: number | undefined;
  /** Of what the store has already: the answer may be that it is still the same. */
  etag?: string | undefined;
  limits: TransferLimits;
  signal?: AbortSignal | undefined;
  /** Called before anything is written, with what is still to come where that is known. */
  onSize?: (restBytes: number) => Promise<void>;
  onBytes?: (doneBytes: number, sizeBytes: number | undefined) => void;
}

export type Transferred =
  | { changed: false }
  | { changed: true; headers: IncomingHttpHeaders; resumed: boolean };

/** Brings a URL into a partial file until it is whole, or says why not; what breaks off is asked for again from there. */
export async function transfer(job: Transfer): Promise<Transferred> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await transferOnce(job);
    } catch (error) {
      job.signal?.throwIfAborted();
      const problem = problemOf(error);
      if (!problem.again || tries >= job.limits.tries) throw problem;
    }
  }
}

async function transferOnce(job: Transfer): Promise<Transferred> {
  const { url, partial, limits, etag } = job;
  using watchdog = new Watchdog(limits, job.signal);
  const have = await partial.resumable();
  const headers: Record<string, string> = {};
  if (have) Object.assign(headers, { range: `bytes=${have.bytes}-`, "if-range": have.validator });
  else if (etag !== undefined) headers["if-none-match"] = etag;
  const response = await openUrl(url, headers, watchdog.signal).catch(watchdog.explained);
  const body = bodyOf(response);
  try {
    if (response.statusCode === 304 && headers["if-none-match"]) return { changed: false };
    const from = await startOf(response, have?.bytes, partial);
    checkKind(response, url);
    const rest = restLength(response);
    checkSize(from, rest, job);
    if (rest !== undefined) await job.onSize?.(rest);
    await using file = await partial.open(from === 0 ? "start" : "end", response.headers);
    await receive(body, file, from, rest, watchdog, job);
    await file.sync();
    return { changed: true, headers: response.headers, resumed: from > 0 };
  } catch (error) {
    return watchdog.explained(error);
  } finally {
    response.destroy();
  }
}

/** At which byte the body begins: 0, or where ours ends. */
async function startOf(
  response: IncomingMessage,
  have: number | undefined,
  partial: PartialFile,
): Promise<number> {
  const { statusCode = 0, statusMessage = "", headers } = response;
  if (statusCode === 200) return 0;
  if (statusCode === 206 && have !== undefined) {
    const [, first] = /^bytes (\d+)-\d+\/(?:\d+|\*)$/.exec(headers["content-range"] ?? "") ?? [];
    if (first !== undefined && Number(first) === have) return have;
    await partial.discard();
    throw new MirrorProblem(`it answers with another part than the one asked for`, { again: true });
  }
  if (statusCode === 416 && have !== undefined) {
    await partial.discard(); // what we have is longer than what is there: no beginning of it
    throw new MirrorProblem("it has less than we already got", { again: true });
  }
  const says = statusCode === 404 || statusCode === 410 ? "it is not there" : `it answers ${statusMessage}`;
  throw new MirrorProblem(`${says} (${statusCode})`, { status: statusCode });
}

/** Logins and portals answer every question with a page, and call it a success. */
function checkKind({ headers }: IncomingMessage, url: string): void {
  const type = headers["content-type"] ?? "";
  if (/^text\/html\b/i.test(type) && !isPage(url)) throw webPage();
  const encoding = headers["content-encoding"];
  // What is packed anyway is often called so by mistake, and comes as it is.
  if (encoding !== undefined && encoding !== "identity" && !/\.(gz|tgz|apk)$/.test(new URL(url).pathname))
    throw new MirrorProblem(`it sends the file packed with ${encoding}, which nobody asked for`);
}

const isPage = (url: string) => /\.html?$/.test(new URL(url).pathname);

const webPage = () =>
  new MirrorProblem("it answers with a web page instead of the file: a login, or somebody's notice");

function restLength({ headers }: IncomingMessage): number | undefined {
  const length = headers["content-length"];
  return length === undefined ? undefined : Number(length);
}

function checkSize(from: number, rest: number | undefined, { sizeBytes, limits }: Transfer): void {
  if (rest === undefined) return;
  const whole = from + rest;
  if (whole > limits.mostBytes) throw tooLong(limits);
  if (sizeBytes !== undefined && whole !== sizeBytes)
    throw new MirrorProblem(`it is ${whole} bytes long there, not ${sizeBytes}`);
}

const tooLong = ({ mostBytes }: TransferLimits) =>
  new MirrorProblem(`it is longer than ${formatSize(mostBytes)}`);

/**
 * What came before a connection broke is worth keeping, and Node throws away what nobody has read by then. The error
 * comes after it.
 */
function bodyOf(response: IncomingMessage): AsyncIterable<Buffer> {
  const kept = new PassThrough({ highWaterMark: 2 ** 20 });
  let broken: Error | undefined;
  response.on("error", (error) => {
    broken = error;
    kept.end();
  });
  response.pipe(kept);
  return (async function* () {
    yield* kept as AsyncIterable<Buffer>;
    if (broken) throw broken;
  })();
}

async function receive(
  body: AsyncIterable<Buffer>,
  file: FileHandle,
  from: number,
  rest: number | undefined,
  watchdog: Watchdog,
  { url, limits, sizeBytes, onBytes }: Transfer,
): Promise<void> {
  let done = from;
  const whole = sizeBytes ?? (rest === undefined ? undefined : from + rest);
  for await (const chunk of body) {
    if (done === 0 && looksLikePage(chunk) && !isPage(url)) throw webPage();
    done += chunk.length;
    if (done > Math.min(limits.mostBytes, whole ?? limits.mostBytes)) throw tooLong(limits);
    watchdog.got(chunk.length);
    onBytes?.(done, whole);
    await file.writeFile(chunk);
  }
  if (whole !== undefined && done !== whole)
    throw new MirrorProblem(`it ended after ${done} of ${whole} bytes`, { again: done > from });
}

/** The first bytes of what is no archive, kernel or index, whatever it is called. */
const looksLikePage = (chunk: Buffer) =>
  /^\s*(<!doctype html|<html)/i.test(chunk.subarray(0, 256).toString("latin1"));

/** Ends a transfer that stands still, and says so. */
class Watchdog implements Disposable {
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;

  constructor({ stallMs, leastBytes }: TransferLimits, signal: AbortSignal | undefined) {
    const stalled = new AbortController();
    this.signal = signal === undefined ? stalled.signal : AbortSignal.any([signal, stalled.signal]);
    this.#timer = setInterval(() => {
      const said = this.#bytes === 0 ? "nothing" : `only ${formatSize(this.#bytes)}`;
      if (this.#bytes < leastBytes)
        stalled.abort(
          new MirrorProblem(`${said} came within ${formatDuration(stallMs)}`, { again: this.#bytes > 0 }),
        );
      this.#bytes = 0;
    }, stallMs);
  }

  /** What is cut off says that the connection broke: we know better when it was us. */
  readonly explained = (error: unknown): never => {
    if (this.signal.reason instanceof MirrorProblem) throw this.signal.reason;
    throw error;
  };

  got(bytes: number): void {
    this.#bytes += bytes;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** What a person is told; what is no mirror's fault (the disk is full, a bug) is thrown as it came. */
function problemOf(error: unknown): MirrorProblem {
  if (error instanceof MirrorProblem) return error;
  if (!(error instanceof Error)) throw error;
  const { code = "", syscall } = error as NodeJS.ErrnoException;
  const broken = ["ECONNRESET", "EPIPE", "ETIMEDOUT"].includes(code);
  if (broken) return new MirrorProblem(`the connection broke (${error.message})`, { again: true });
  const network =
    ["getaddrinfo", "connect", "socket"].includes(syscall ?? "") || /^(ERR_TLS|CERT_|HPE_)/.test(code);
  if (network || error instanceof AggregateError || tlsCodes.has(code)) {
    return new MirrorProblem(error.message || (error as AggregateError & { code?: string }).code || code);
  }
  throw error;
}

const tlsCodes = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "EPROTO",
]);
