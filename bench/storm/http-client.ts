import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { GaveUp, stallMs } from "./patience.ts";
import type { Answered } from "./response-reader.ts";
import { ResponseReader } from "./response-reader.ts";

/** All connections read into it, one after another: nobody looks at what came. */
const shared = new Uint8Array(2 ** 20);

/** One connection that is kept for the next request, as iPXE keeps its own. */
export class HttpClient implements Disposable {
  readonly #socket: Socket;
  readonly #host: string;
  #reader: ResponseReader | undefined;
  #resolve: (answered: Answered) => void = () => {};
  #reject: (error: Error) => void = () => {};

  private constructor(from: string, server: string) {
    this.#host = server;
    const onread = { buffer: shared, callback: (length: number) => this.#take(length) };
    this.#socket = connect({ host: server, port: 80, localAddress: from, onread });
    this.#socket.setTimeout(stallMs, () => this.#socket.destroy(new GaveUp("nothing came any more")));
    this.#socket.on("error", (error) => this.#reject(error));
    this.#socket.on("close", () => this.#reject(new Error("the connection was closed")));
  }

  static async open(from: string, server: string): Promise<HttpClient> {
    const client = new HttpClient(from, server);
    await once(client.#socket, "connect");
    return client;
  }

  /** `target` is path and query. A text's content is returned, of anything else the size. */
  async get(target: string, want: "text" | "size"): Promise<Answered> {
    const { promise, resolve, reject } = Promise.withResolvers<Answered>();
    this.#reader = new ResponseReader(want);
    this.#resolve = resolve;
    this.#reject = reject;
    this.#socket.write(
      `GET ${target} HTTP/1.1\r\nConnection: keep-alive\r\nUser-Agent: iPXE/1.0.0+\r\nHost: ${this.#host}\r\n\r\n`,
    );
    const answered = await promise;
    if (answered.status !== 200) throw new Error(`HTTP ${answered.status} for ${target}`);
    return answered;
  }

  #take(length: number): boolean {
    try {
      const answered = this.#reader?.take(shared.subarray(0, length));
      if (answered) this.#resolve(answered);
    } catch (error) {
      this.#socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
    return true;
  }

  [Symbol.dispose](): void {
    this.#reject = () => {};
    this.#socket.destroy();
  }
}
