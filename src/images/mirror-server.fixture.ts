import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A real HTTP server on loopback that answers as a test says, and remembers what it was asked. */
export class MirrorServer implements AsyncDisposable {
  readonly requests: { url: string; headers: IncomingMessage["headers"] }[] = [];
  readonly url: string;
  answer: RequestListener;
  readonly #server: ReturnType<typeof createServer>;

  private constructor(server: ReturnType<typeof createServer>, answer: RequestListener) {
    this.#server = server;
    this.answer = answer;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(answer: RequestListener): Promise<MirrorServer> {
    const server = createServer((request, response) => {
      started.requests.push({ url: request.url ?? "", headers: request.headers });
      started.answer(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const started = new MirrorServer(server, answer);
    return started;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** Answers as a well-behaved mirror: with validators, and with the rest of a file to who asks for that. */
export function wellBehaved(bytes: Buffer): RequestListener {
  const etag = `"${sha256Of(bytes).slice(0, 16)}"`;
  return (request, response) => {
    const { range, "if-range": ifRange, "if-none-match": ifNoneMatch } = request.headers;
    if (ifNoneMatch === etag) return void response.writeHead(304, { etag }).end();
    const [, first] = /^bytes=(\d+)-$/.exec(range ?? "") ?? [];
    const from = first !== undefined && ifRange === etag ? Number(first) : 0;
    const part = bytes.subarray(from);
    const headers = { etag, "content-length": part.length };
    if (from === 0) return void response.writeHead(200, headers).end(part);
    const contentRange = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { ...headers, "content-range": contentRange }).end(part);
  };
}

/** Sends the first so many bytes of what another answer would have been, and hangs up. */
export function breakingAfter(count: number, bytes: Buffer): RequestListener {
  return (_, response: ServerResponse) => {
    const etag = `"${sha256Of(bytes).slice(0, 16)}"`;
    response.writeHead(200, { etag, "content-length": bytes.length });
    // Not `destroy`: what is on its way would be lost with the connection.
    response.write(bytes.subarray(0, count), () => response.socket?.end());
  };
}

export const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
