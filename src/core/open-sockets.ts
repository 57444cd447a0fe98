import type { Server, Socket } from "node:net";

/** The connections of a server. Closing it alone would wait for whoever stays connected. */
export class OpenSockets implements AsyncDisposable {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #closed: Promise<void> | undefined;

  constructor(server: Server) {
    this.#server = server;
    // First, so that who handles a connection finds it counted.
    server.prependListener("connection", (socket: Socket) => {
      this.#open.add(socket);
      socket.once("close", () => this.#open.delete(socket));
    });
  }

  get size(): number {
    return this.#open.size;
  }

  countFrom(address: string): number {
    let count = 0;
    for (const { remoteAddress } of this.#open) if (remoteAddress === address) count += 1;
    return count;
  }

  /** Ends the server and them. Safe to call twice: both callers wait for the one closing. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#open) socket.destroy();
    });
    return this.#closed;
  }
}
