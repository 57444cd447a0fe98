/** Half as fast again as Node's default of 64 KiB on files of a hundred megabytes; larger pieces gain nothing. */
const largestPiece = 256 * 1024;
/** Below this, system calls cost more than the memory is worth. */
const smallestPiece = 16 * 1024;
/** No stream takes more than this part of what is left, so that those behind it find something. */
const part = 16;

/** Memory of one stream: a piece that is being sent, and one that is being read meanwhile. */
export interface StreamMemory extends Disposable {
  readonly pieceBytes: number;
}

/**
 * Memory for files on their way from disk to a socket. A client that stands still keeps what its stream was given, so the
 * more is given out, the smaller are the pieces of the next: all together hold no more than the budget and twice the
 * smallest piece each.
 */
export class StreamBudget {
  readonly #capacityBytes: number;
  #heldBytes = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Held until it is disposed of. */
  open(): StreamMemory {
    const share = (this.#capacityBytes - this.#heldBytes) / part;
    const pieceBytes = Math.min(largestPiece, Math.max(smallestPiece, share - (share % 4096)));
    this.#heldBytes += 2 * pieceBytes;
    return {
      pieceBytes,
      [Symbol.dispose]: () => {
        this.#heldBytes -= 2 * pieceBytes;
      },
    };
  }
}
