import type { RemoteInfo, Socket } from "node:dgram";
import { DecodeError } from "../core/errors.ts";
import { closeUdp, listenUdp } from "../core/udp-listener.ts";
import type { TftpMessage } from "./message.ts";
import { decodeMessage, encodeRefusal, errorCodes } from "./message.ts";
import type { Libc } from "./segments.ts";
import { SegmentSocket } from "./segments.ts";

export type Endpoint = Readonly<{ address: string; port: number }>;

/** What a transfer can be told: by its client, or by the server (the request came again, was replaced, we stop). */
export type Input =
  | Extract<TftpMessage, { type: "ACK" | "ERROR" }>
  | { type: "repeated" }
  | { type: "superseded" }
  | { type: "stopped" };

/** A flood must not fill memory; what does not fit is lost like any other datagram. */
const maxInputs = 256;
const maxStrangersAnswered = 8;

/** One client, and the socket it is reached from. */
export class Peer implements AsyncDisposable {
  readonly #socket: Socket;
  readonly #client: Endpoint;
  readonly #close: () => Promise<void>;
  #segments: SegmentSocket | undefined;
  readonly #inputs: Input[] = [];
  #wake: ((input: Input | undefined) => void) | undefined;
  /** When whoever waits has waited long enough. */
  #untilMs = 0;
  #alarm: { timer: NodeJS.Timeout; atMs: number } | undefined;
  #strangers = 0;
  #sendError: Error | undefined;
  #heard = false;

  private constructor(socket: Socket, client: Endpoint, close: () => Promise<void>) {
    this.#socket = socket;
    this.#client = client;
    this.#close = close;
  }

  /**
   * From a free port at `address`, which the client asked: a transfer identifier of its own (RFC 1350 §4). With `libc`,
   * the kernel is called directly, and once for many packets where it can do that.
   */
  static async open(address: string, client: Endpoint, libc?: Libc): Promise<Peer> {
    const segments = await SegmentSocket.open(address, client, libc);
    const socket = segments?.socket ?? (await listenUdp("TFTP", address, 0));
    const peer = new Peer(socket, client, () => closeUdp(socket));
    peer.#segments = segments;
    socket.on("message", (bytes, from) => peer.#onMessage(bytes, from));
    socket.on("error", (error) => {
      peer.#sendError = error;
    });
    return peer;
  }

  /** From a socket that is not ours, whose owner hands on what this client says. */
  static sharing(socket: Socket, client: Endpoint): Peer {
    return new Peer(socket, client, async () => {});
  }

  /** Whether the client has acknowledged anything, and so got our first answer. */
  get heard(): boolean {
    return this.#heard;
  }

  /** Why the last packet did not leave this machine, if it did not. To the protocol such a packet is a lost one. */
  get sendError(): Error | undefined {
    return this.#sendError;
  }

  /** The next input, or undefined after `waitMs` without one. */
  take(waitMs: number): Input | undefined | Promise<Input | undefined> {
    const ready = this.#inputs.shift();
    if (ready !== undefined) return ready;
    this.#untilMs = performance.now() + waitMs;
    this.#wakeAt(this.#untilMs);
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** A timer set for later costs nothing until it rings, and one for each packet costs as much as sending it. */
  #wakeAt(atMs: number): void {
    if (this.#alarm && this.#alarm.atMs <= atMs) return;
    clearTimeout(this.#alarm?.timer);
    const timer = setTimeout(() => this.#onAlarm(), Math.max(0, atMs - performance.now()));
    this.#alarm = { timer, atMs };
  }

  #onAlarm(): void {
    this.#alarm = undefined;
    if (this.#wake === undefined) return;
    if (performance.now() < this.#untilMs) this.#wakeAt(this.#untilMs);
    else this.#settle(undefined);
  }

  #settle(input: Input | undefined): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.(input);
  }

  push(input: Input): void {
    if (this.#wake) this.#settle(input);
    else if (this.#inputs.length < maxInputs || input.type === "stopped") this.#inputs.push(input);
  }

  /** Resolves (or returns) when the kernel has taken the packets, each given as the pieces it is made of. */
  send(packets: readonly (readonly Uint8Array[])[]): void | Promise<void> {
    const taken = this.#segments?.send(packets) ?? 0;
    if (taken < packets.length) return this.#sendSingly(packets.slice(taken));
  }

  #sendSingly(packets: readonly (readonly Uint8Array[])[]): Promise<void> {
    let pending = packets.length;
    return new Promise((resolve) => {
      const taken = (error: Error | null) => {
        this.#sendError = error ?? undefined;
        pending -= 1;
        if (pending === 0) resolve();
      };
      for (const packet of packets) this.#socket.send(packet, this.#client.port, this.#client.address, taken);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#alarm?.timer);
    await this.#close();
  }

  #onMessage(bytes: Uint8Array, from: RemoteInfo): void {
    const message = decoded(bytes);
    if (from.address !== this.#client.address || from.port !== this.#client.port) {
      this.#onStranger(message, from, bytes.length);
    } else {
      this.hear(message);
    }
  }

  /** What the client said. */
  hear(message: TftpMessage | undefined): void {
    if (message?.type !== "ACK" && message?.type !== "ERROR") return;
    this.#heard ||= message.type === "ACK";
    this.push(message);
  }

  /** RFC 1350 §4: a foreign TID is told so and disturbs nobody. An ERROR is never answered. */
  #onStranger(message: TftpMessage | undefined, from: RemoteInfo, receivedBytes: number): void {
    if (message === undefined || message.type === "ERROR" || from.port === 0) return;
    if (this.#strangers >= maxStrangersAnswered) return;
    this.#strangers += 1;
    const packet = encodeRefusal(errorCodes.unknownTransferId, "unknown", receivedBytes);
    this.#socket.send(packet, from.port, from.address, () => {});
  }
}

function decoded(bytes: Uint8Array): TftpMessage | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}
