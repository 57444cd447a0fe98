/** Messages in a TCP stream: each behind its length in two bytes (RFC 1035 §4.2.2). */

export function frame(message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(2 + message.length);
  new DataView(bytes.buffer).setUint16(0, message.length);
  bytes.set(message, 2);
  return bytes;
}

/** Cuts a stream into its messages, however it comes in pieces. Holds one message at most. */
export class Frames {
  readonly #head = new Uint8Array(2);
  #headLength = 0;
  #body: Uint8Array | undefined;
  #bodyLength = 0;

  *add(piece: Uint8Array): Generator<Uint8Array> {
    let rest = piece;
    while (rest.length > 0) {
      rest = this.#body === undefined ? this.#addHead(rest) : this.#addBody(this.#body, rest);
      if (this.#body === undefined || this.#bodyLength < this.#body.length) continue;
      yield this.#body;
      this.#body = undefined;
    }
  }

  #addHead(bytes: Uint8Array): Uint8Array {
    const taken = bytes.subarray(0, 2 - this.#headLength);
    this.#head.set(taken, this.#headLength);
    this.#headLength += taken.length;
    if (this.#headLength === 2) {
      this.#body = new Uint8Array(new DataView(this.#head.buffer).getUint16(0));
      this.#bodyLength = 0;
      this.#headLength = 0;
    }
    return bytes.subarray(taken.length);
  }

  #addBody(body: Uint8Array, bytes: Uint8Array): Uint8Array {
    const taken = bytes.subarray(0, body.length - this.#bodyLength);
    body.set(taken, this.#bodyLength);
    this.#bodyLength += taken.length;
    return bytes.subarray(taken.length);
  }
}
