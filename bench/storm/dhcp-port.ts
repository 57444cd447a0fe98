import type { Socket } from "node:dgram";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { ClientName } from "../../src/boot/explain-clients.ts";
import { clientPresets, discoverOf, requestAfter } from "../../src/boot/explain-clients.ts";
import { DecodeError } from "../../src/core/errors.ts";
import type { DhcpMessage } from "../../src/dhcp/message.ts";
import { decodeMessage, encodeMessage } from "../../src/dhcp/message.ts";
import { askUntilAnswered, GaveUp } from "./patience.ts";

const [serverPort, clientPort] = [67, 68];
const everybody = "255.255.255.255";
const mostMemory = 4 * 2 ** 20;

type Kind = Extract<ClientName, "ovmf-pxe" | "ipxe-efi">;

/** What a client took from its ACK. */
export type Lent = Readonly<{ address: string; server: string; bootFile: string; again: number }>;

/** DHCP of many clients through two sockets: their MACs are in the messages, and every answer is a broadcast. */
export class DhcpPort implements AsyncDisposable {
  readonly #sending: Socket;
  readonly #hearing: Socket;
  readonly #waiting = new Map<number, (message: DhcpMessage) => void>();
  #exchanges = 0;

  private constructor(sending: Socket, hearing: Socket) {
    this.#sending = sending;
    this.#hearing = hearing;
    hearing.on("message", (bytes) => this.#hear(bytes));
  }

  /** `address` is the one the clients' network has: what is sent from it leaves there. */
  static async open(address: string): Promise<DhcpPort> {
    const [sending, hearing] = await Promise.all([bound(address), bound(everybody)]);
    sending.setBroadcast(true);
    return new DhcpPort(sending, hearing);
  }

  /**
   * DISCOVER, OFFER, REQUEST, ACK; the first offer is taken, where real firmware waits for more. Who is refused what it
   * was offered begins anew (RFC 2131 §3.1.5), as often as it would ask.
   */
  async exchange(kind: Kind, mac: string, waitsMs: readonly number[]): Promise<Lent> {
    // A unicast answer would go to a MAC that no card here has.
    const preset = { ...clientPresets[kind], broadcast: true };
    let again = 0;
    for (let refused = 0; refused <= waitsMs.length; refused += 1) {
      this.#exchanges += 1;
      const discover = { ...discoverOf({ preset, mac }), xid: this.#exchanges };
      const { answer: offer, ...offered } = await this.#ask(discover, ["DHCPOFFER"], waitsMs);
      const request = requestAfter(discover, offer);
      const { answer, ...taken } = await this.#ask(request, ["DHCPACK", "DHCPNAK"], waitsMs);
      again += offered.again + taken.again;
      const { options, yiaddr, siaddr, file } = answer;
      if (options.messageType === "DHCPACK") {
        return { address: yiaddr, server: siaddr, bootFile: options.bootfileName ?? file, again };
      }
      again += 1;
    }
    throw new GaveUp("it was refused every time");
  }

  #ask(message: DhcpMessage, wanted: readonly string[], waitsMs: readonly number[]) {
    const bytes = encodeMessage(message);
    const { xid } = message;
    return askUntilAnswered<DhcpMessage>(
      () => this.#sending.send(bytes, serverPort, everybody),
      (take) => {
        this.#waiting.set(xid, (reply) => {
          if (wanted.includes(reply.options.messageType ?? "")) take(reply);
        });
        return () => void this.#waiting.delete(xid);
      },
      waitsMs,
    );
  }

  #hear(bytes: Uint8Array): void {
    try {
      const message = decodeMessage(bytes);
      if (message.op === "BOOTREPLY") this.#waiting.get(message.xid)?.(message);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      [this.#sending, this.#hearing].map((socket) => new Promise<void>((done) => socket.close(() => done()))),
    );
  }
}

async function bound(address: string): Promise<Socket> {
  const socket = createSocket({ type: "udp4", recvBufferSize: mostMemory });
  socket.bind(clientPort, address);
  await once(socket, "listening");
  return socket;
}
