/** What is done with one packet. */
export type Look = (bytes: Uint8Array, from: string) => void;

type Packet = Readonly<{ bytes: Uint8Array; from: string }>;

/** What is answered within a fraction of the second after which clients ask again. */
const mostUrgent = 4096;
const mostOthers = 1024;
const mostBytes = 4 * 2 ** 20;
/** In one turn of the event loop, which also reads up to 32 packets from each socket. */
const urgentPerTurn = 64;
const othersPerTurn = 8;

const messageTypeAt = 240; // behind header and cookie; every client we know puts option 53 first
/** REQUEST, DECLINE, RELEASE, INFORM (RFC 2132 §9.6). */
const urgentTypes = new Set([3, 4, 7, 8]);

/**
 * Packets between the socket and their answer. Under more load than we can answer, DISCOVERs wait and the oldest are
 * dropped (who sent them asks again), so that exchanges that were begun are finished. In the socket's own buffer they
 * would all wait in one line, longer than clients do: at 15,000/s hardly an exchange was completed.
 */
export class PacketQueue {
  readonly #look: Look;
  readonly #dropped: () => void;
  readonly #urgent: Packet[] = [];
  readonly #others: Packet[] = [];
  #bytes = 0;
  #turning = false;

  constructor(look: Look, dropped: () => void) {
    this.#look = look;
    this.#dropped = dropped;
  }

  push(bytes: Uint8Array, from: string): void {
    const isUrgent = bytes[messageTypeAt] === 53 && urgentTypes.has(bytes[messageTypeAt + 2] ?? 0);
    const queue = isUrgent ? this.#urgent : this.#others;
    queue.push({ bytes, from });
    this.#bytes += bytes.length;
    const most = isUrgent ? mostUrgent : mostOthers;
    while (queue.length > most || (this.#bytes > mostBytes && queue.length > 1)) {
      this.#take(queue);
      this.#dropped();
    }
    if (!this.#turning) this.#later();
  }

  /** Nothing more is looked at. */
  clear(): void {
    this.#urgent.length = 0;
    this.#others.length = 0;
    this.#bytes = 0;
  }

  #later(): void {
    this.#turning = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    for (let n = 0; n < urgentPerTurn; n += 1) this.#answerFirst(this.#urgent);
    for (let n = 0; n < othersPerTurn; n += 1) this.#answerFirst(this.#others);
    if (this.#urgent.length + this.#others.length > 0) this.#later();
    else this.#turning = false;
  }

  #answerFirst(queue: Packet[]): void {
    const packet = this.#take(queue);
    if (packet) this.#look(packet.bytes, packet.from);
  }

  #take(queue: Packet[]): Packet | undefined {
    const packet = queue.shift();
    this.#bytes -= packet?.bytes.length ?? 0;
    return packet;
  }
}
