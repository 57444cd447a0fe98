import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { listenFailed } from "../core/listen-failed.ts";

/** Every address we send to is in numbers; Node's own look-up would put each reply off to another turn. */
function lookup(address: string, _: unknown, found: (error: null, address: string, family: 4) => void): void {
  found(null, address, 4);
}

/** A bound UDP socket that closes once and for all. */
export class DhcpSocket implements AsyncDisposable {
  readonly port: number;
  readonly #socket: Socket;
  #closed: Promise<void> | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
  }

  /**
   * Resolves once datagrams can arrive. Without `reuseAddr`, so that a second DHCP server is an error and not a
   * silent thief of our packets; 255.255.255.255 and our own address do not collide.
   */
  static async bind(address: string, port: number, signal: AbortSignal): Promise<DhcpSocket> {
    signal.throwIfAborted();
    // The default of 208 KiB overflows when a rack is switched on.
    const socket = createSocket({ type: "udp4", recvBufferSize: 4 * 2 ** 20, lookup });
    try {
      const listening = once(socket, "listening", { signal }); // with that look-up it happens within `bind`
      socket.bind(port, address);
      await listening;
      socket.setBroadcast(true);
      return new DhcpSocket(socket);
    } catch (cause) {
      socket.close();
      signal.throwIfAborted();
      throw listenFailed("DHCP", "udp", address, port, cause);
    }
  }

  onPacket(look: (bytes: Uint8Array, from: string) => void, onError: (error: Error) => void): void {
    this.#socket.on("message", (bytes, { address, port }) => look(bytes, `${address}:${port}`));
    this.#socket.on("error", onError);
  }

  send(bytes: Uint8Array, address: string, port: number, done: (error: Error | null) => void): void {
    this.#socket.send(bytes, port, address, done);
  }

  /** Safe to call twice: both callers wait for the one closing. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#socket.close(resolve));
    return this.#closed;
  }
}
