import { once } from "node:events";
import { createConnection, createServer } from "node:net";
import { firstLine } from "../core/first-line.ts";

/** In the lab's own /dev/shm, which no other lab and nobody outside sees. */
const socketPath = "/dev/shm/outside.sock";
const longestQuestion = 64 * 1024;

/** What goes between the lab's init and the process that started it. */
export type Asked = Readonly<{ type: "ask"; id: number; question: unknown }>;
export type Answered = Readonly<{ type: "answer"; id: number; answer: unknown }>;

/**
 * The lab has no way out, and questions have: whoever in there connects and sends one as a line of JSON is answered so.
 * Between the init and the process outside they go over the channel that they have anyway, so no file is left outside.
 */
export class OutsideRelay {
  readonly #send: (asked: Asked) => void;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #asked = 0;

  constructor(send: (asked: Asked) => void) {
    this.#send = send;
  }

  /** Resolves when questions are taken. */
  async listen(path = socketPath): Promise<AsyncDisposable> {
    const server = createServer((socket) => {
      socket.on("error", () => {}); // whoever asked left
      const answer = async () => {
        const question: unknown = JSON.parse(await firstLine(socket, longestQuestion));
        socket.end(`${JSON.stringify(await this.#ask(question))}\n`);
      };
      void answer().catch(() => socket.destroy());
    });
    server.listen(path);
    await once(server, "listening");
    return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
  }

  answered({ id, answer }: Answered): void {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }

  #ask(question: unknown): Promise<unknown> {
    this.#asked += 1;
    const id = this.#asked;
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, resolve);
    this.#send({ type: "ask", id, question });
    return promise;
  }
}

/** Asks the process outside, from anywhere in the lab. */
export async function askOutside(question: unknown, path = socketPath): Promise<unknown> {
  const socket = createConnection(path);
  try {
    await once(socket, "connect");
    socket.write(`${JSON.stringify(question)}\n`);
    return JSON.parse(await firstLine(socket, longestQuestion));
  } finally {
    socket.destroy();
  }
}
