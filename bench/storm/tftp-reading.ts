import { decodeMessage, encodeMessage } from "../../src/tftp/message.ts";

/** What a client does next: a packet to send, the end, or nothing but waiting. */
export type Next = Readonly<{ send?: Uint8Array; done?: true }>;

const userAborted = 8; // what EDK2 ends its question for the size with; it is a success
const defaultBlksize = 512;

/**
 * One file over TFTP as EDK2 reads it (`MtftpSupport`): `probe` asks for its size alone, and says so with ERROR 8. No
 * socket and no clock.
 */
export class TftpReading {
  readonly request: Uint8Array;
  readonly #isProbe: boolean;
  #windowsize = 1;
  #blksize = defaultBlksize;
  #inOrder = 0;
  #lastAcked = -1;
  #sizeBytes = 0;

  constructor(file: string, step: "probe" | "read") {
    this.#isProbe = step === "probe";
    const options = new Map([
      ["tsize", "0"],
      ["blksize", "1468"],
      ...(this.#isProbe ? [] : [["windowsize", "4"] as const]),
    ] as [string, string][]);
    this.request = encodeMessage({ type: "RRQ", filename: file, mode: "octet", options });
  }

  get receivedBytes(): number {
    return this.#sizeBytes;
  }

  /** What a client sends again when nothing came: its request, or its last acknowledgement (RFC 7440 §4). */
  get repeated(): Uint8Array {
    return this.#lastAcked < 0 ? this.request : ack(this.#inOrder);
  }

  take(bytes: Uint8Array): Next {
    const message = decodeMessage(bytes);
    switch (message.type) {
      case "OACK": {
        if (this.#isProbe)
          return {
            send: encodeMessage({ type: "ERROR", errorCode: userAborted, errMsg: "User aborted" }),
            done: true,
          };
        if (this.#inOrder > 0) return {};
        this.#blksize = Number(message.options.get("blksize") ?? defaultBlksize);
        this.#windowsize = Number(message.options.get("windowsize") ?? 1);
        return this.#acknowledge();
      }
      case "DATA":
        return this.#takeData(message.block, message.data.length);
      case "ERROR":
        throw new Error(`TFTP ERROR ${message.errorCode}: ${message.errMsg}`);
      default:
        throw new Error(`a TFTP server sent ${message.type}`);
    }
  }

  #takeData(block: number, length: number): Next {
    if (block !== ((this.#inOrder + 1) & 0xffff)) {
      // A gap: what arrived in order is said once, and the server goes back.
      return this.#lastAcked === this.#inOrder ? {} : this.#acknowledge();
    }
    this.#inOrder += 1;
    this.#sizeBytes += length;
    if (length < this.#blksize) return { ...this.#acknowledge(), done: true };
    return this.#inOrder - Math.max(0, this.#lastAcked) >= this.#windowsize ? this.#acknowledge() : {};
  }

  #acknowledge(): Next {
    this.#lastAcked = this.#inOrder;
    return { send: ack(this.#inOrder) };
  }
}

const ack = (block: number) => encodeMessage({ type: "ACK", block: block & 0xffff });
