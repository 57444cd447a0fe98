import type { IncomingMessage, ServerResponse } from "node:http";
import { printable } from "../core/printable.ts";
import type { ServedFile } from "../core/served-file.ts";
import { throttle } from "../core/throttle.ts";
import type { Recorder } from "../core/timeline.ts";
import type { Body, Sources } from "./body.ts";
import { openBody } from "./body.ts";
import type { Reply } from "./decide.ts";
import { decide, textReply } from "./decide.ts";
import type { HttpFacts } from "./facts.ts";
import { spelledOut } from "./header-names.ts";
import type { HttpRequest } from "./request.ts";
import { parseTarget, plainAddress } from "./request.ts";
import { clientLeft, ended, isClientLeft, written } from "./send.ts";
import type { HttpAnswer, HttpConfig } from "./server.ts";
import type { Upload } from "./upload.ts";
import { BodyTooLong, bounded, discard } from "./upload.ts";

/** One request on its way through; `reason` says why it is not getting what it asked for. */
interface Exchange {
  readonly id: number;
  readonly from: string;
  readonly method: string;
  readonly path: string;
  readonly begin: number;
  readonly response: ServerResponse;
  /** Of the body. */
  sentBytes: number;
  reason?: string;
  /** We failed, and not the client or the network. */
  failed?: boolean;
  /** Hears whether the file went out. */
  ended?: (whole: boolean) => void;
}

const longestBody = 4096;
/** Of a body that nobody takes, so much is read for its sender to hear that. */
const mostUnwantedBytes = 2 ** 20;

/** Turns requests into answers, answers into bytes on the socket, and how that went into facts. */
export class Responder {
  readonly #answer: HttpConfig["answer"];
  readonly #put: HttpConfig["put"];
  readonly #upload: HttpConfig["upload"];
  readonly #sources: Sources;
  readonly #timeline: Recorder<HttpFacts>;
  readonly #sending = new Set<Promise<void>>();
  #requests = 0;

  constructor(
    { answer, put, upload }: Pick<HttpConfig, "answer" | "put" | "upload">,
    sources: Sources,
    timeline: Recorder<HttpFacts>,
  ) {
    this.#answer = answer;
    this.#put = put;
    this.#upload = upload;
    this.#sources = sources;
    this.#timeline = timeline;
  }

  /** Never fails: whatever goes wrong ends this response and becomes a fact. */
  respond(request: IncomingMessage, response: ServerResponse): void {
    const { method = "", url = "", headers } = request;
    const target = parseTarget(url);
    this.#requests += 1;
    const exchange: Exchange = {
      id: this.#requests,
      from: plainAddress(request.socket.remoteAddress),
      method,
      path: target?.path ?? printable(url),
      begin: performance.now(),
      response,
      sentBytes: 0,
    };
    const userAgent = headers["user-agent"];
    this.#timeline.record("http.requested", {
      id: exchange.id,
      from: exchange.from,
      method,
      path: exchange.path,
      ...(target?.query ? { query: printable(target.query) } : {}),
      ...(userAgent === undefined ? {} : { userAgent: printable(userAgent) }),
      ...("encrypted" in request.socket ? { tls: true } : {}),
      ...(headers.range === undefined ? {} : { range: printable(headers.range) }),
    });
    response.on("error", () => {}); // the client left; `close` follows and tells

    if (target === undefined && (method === "GET" || method === "HEAD")) {
      this.#refuse(exchange, 400, "no file can have this name");
    } else {
      const query = new URLSearchParams(target?.query);
      const asked = { method, path: target?.path ?? "", query, headers, address: exchange.from };
      this.#dispatch(exchange, asked, target === undefined ? undefined : request);
    }
  }

  /** `sent` is the request where it may have a body that somebody takes. */
  #dispatch(exchange: Exchange, asked: HttpRequest, sent: IncomingMessage | undefined): void {
    const { method } = asked;
    if (method === "GET" || method === "HEAD") return void this.#respond(exchange, asked);
    const upload = sent && (method === "PUT" || method === "POST") ? this.#upload?.(asked) : undefined;
    if (sent && upload) return void this.#takeUpload(exchange, upload, sent);
    if (sent && method === "PUT" && this.#put) return void this.#take(exchange, asked, sent);
    this.#refuse(exchange, 405, "only GET and HEAD are answered", { allow: "GET, HEAD" });
  }

  /** Resolves when nothing is being sent any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#sending);
  }

  #refuse(exchange: Exchange, status: number, reason: string, headers: Record<string, string> = {}): void {
    exchange.reason = reason;
    exchange.response.shouldKeepAlive = false; // whatever body comes with such a request is not read
    this.#track(this.#send(exchange, textReply(status, `${reason}\n`, headers)));
  }

  async #respond(exchange: Exchange, request: HttpRequest): Promise<void> {
    let answer: HttpAnswer;
    try {
      answer = await this.#answer(request);
    } catch (error) {
      return this.#track(this.#sendFailure(exchange, error));
    }
    if ("file" in answer) {
      if (answer.ended) exchange.ended = answer.ended;
      return this.#track(this.#sendFile(exchange, request, answer.file));
    }
    const { status, text, contentType, reason } = answer;
    if (reason !== undefined) exchange.reason = reason;
    return this.#track(this.#send(exchange, textReply(status, text, {}, contentType)));
  }

  /** Whoever sends more than anybody needs is not listened to any longer. */
  async #take(exchange: Exchange, asked: HttpRequest, request: IncomingMessage): Promise<void> {
    try {
      let body = "";
      for await (const chunk of request.setEncoding("utf8")) {
        body += String(chunk);
        if (body.length > longestBody) return this.#refuse(exchange, 413, "that is too long");
      }
      const answer = await this.#put?.(asked, body);
      if (!answer || "file" in answer) return this.#refuse(exchange, 405, "nothing can be put there");
      const { status, text, contentType, reason } = answer;
      if (reason !== undefined) exchange.reason = reason;
      this.#track(this.#send(exchange, textReply(status, text, {}, contentType)));
    } catch (error) {
      this.#track(this.#sendFailure(exchange, error));
    }
  }

  /** A refusal is sent when the client has had its say: it may hear nothing before. */
  async #takeUpload(
    exchange: Exchange,
    upload: Upload | HttpAnswer,
    request: IncomingMessage,
  ): Promise<void> {
    // Whoever stops reading has not hung up: there is still an answer to be sent.
    const body = () => request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    try {
      if (!("take" in upload)) {
        await discard(body(), mostUnwantedBytes);
        return this.#answerText(exchange, upload);
      }
      const answer = await upload.take(bounded(body(), upload.mostBytes));
      if (!request.complete) await discard(body(), mostUnwantedBytes);
      this.#answerText(exchange, answer);
    } catch (error) {
      if (error instanceof BodyTooLong) {
        await discard(body(), mostUnwantedBytes).catch(() => undefined); // it may have left by now
        return this.#refuse(exchange, 413, error.message);
      }
      exchange.response.shouldKeepAlive = false; // the rest of the body was not read
      if (!isClientLeft(error)) return this.#track(this.#sendFailure(exchange, error));
      exchange.response.destroy();
      this.#recordFailure(exchange, "the client left in the middle of what it sent");
    }
  }

  #answerText(exchange: Exchange, answer: HttpAnswer): void {
    if ("file" in answer) throw new TypeError("an upload is answered with a text");
    const { status, text, contentType, reason } = answer;
    if (reason !== undefined) exchange.reason = reason;
    if (status >= 400) exchange.response.shouldKeepAlive = false;
    this.#track(this.#send(exchange, textReply(status, text, {}, contentType)));
  }

  #track(sending: Promise<void>): void {
    const tracked = sending.finally(() => this.#sending.delete(tracked));
    this.#sending.add(tracked);
  }

  async #sendFile(exchange: Exchange, request: HttpRequest, file: ServedFile): Promise<void> {
    let body: Body;
    try {
      body = await openBody(file, this.#sources);
    } catch (error) {
      return this.#sendFailure(exchange, error);
    }
    await using open = body;
    const modifiedMs = file.modifiedMs ?? open.modifiedMs;
    const dated = modifiedMs === undefined ? file : { ...file, modifiedMs };
    await this.#send(exchange, decide(request, dated, Date.now()), open);
  }

  /** The client learns that we failed, the timeline learns why. */
  async #sendFailure(exchange: Exchange, error: unknown): Promise<void> {
    exchange.failed = true;
    exchange.reason = reasonOf(error);
    await this.#send(exchange, textReply(500, "the server failed\n"));
  }

  async #send(exchange: Exchange, reply: Reply, body?: Body): Promise<void> {
    const { response } = exchange;
    const { range, text = "", status, headers } = reply;
    const sizeBytes = range ? range.end - range.start : Buffer.byteLength(text);
    try {
      if (response.destroyed) throw clientLeft();
      response.writeHead(status, spelledOut(headers));
      await this.#sendBody(exchange, reply, body);
    } catch (error) {
      response.destroy();
      const left = `the client left after ${exchange.sentBytes} of ${sizeBytes} bytes`;
      this.#recordFailure(exchange, isClientLeft(error) ? left : reasonOf(error));
      return;
    }
    if (exchange.failed) this.#recordFailure(exchange, exchange.reason ?? "");
    else this.#recordSent(exchange, status);
  }

  async #sendBody(exchange: Exchange, { range, text = "" }: Reply, body?: Body): Promise<void> {
    const { response, method } = exchange;
    if (method === "HEAD") return await ended(response);
    const all = range && body ? body.atOnce?.(range) : text;
    if (all !== undefined) {
      await ended(response, all);
      exchange.sentBytes = Buffer.byteLength(all);
    } else if (range && body) {
      await this.#sendPieces(exchange, body.pieces(range), range.end - range.start);
      await ended(response);
    }
  }

  async #sendPieces(exchange: Exchange, pieces: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<void> {
    const { id, path, response } = exchange;
    const worthReporting = throttle(250, 250);
    for await (const piece of pieces) {
      await written(response, piece);
      exchange.sentBytes += piece.length;
      const { sentBytes } = exchange;
      if (worthReporting()) this.#timeline.record("http.progress", { id, path, sentBytes, sizeBytes });
    }
  }

  #recordFailure({ id, from, path, ended }: Exchange, reason: string): void {
    ended?.(false);
    this.#timeline.record("http.failed", { id, from, path, reason });
  }

  #recordSent(exchange: Exchange, status: number): void {
    const { id, from, method, path, begin, sentBytes, reason } = exchange;
    exchange.ended?.(method !== "HEAD" && (status === 200 || status === 206));
    const durationMs = performance.now() - begin;
    const sent = { id, from, method, path, status, sizeBytes: sentBytes, durationMs };
    this.#timeline.record("http.sent", reason === undefined ? sent : { ...sent, reason });
  }
}

/** An error with a code explains itself; any other is a bug, ours or that of whoever looked for the answer. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? error.message : (error.stack ?? error.message);
}
