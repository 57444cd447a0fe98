import type { HttpAnswer } from "./server.ts";

/** Somebody who takes the body of a PUT or POST as it comes. */
export interface Upload {
  /** A longer body is not read to its end. */
  readonly mostBytes: number;
  /** May answer without reading all of it. Fails with what reading it fails with: too long, or the client left. */
  take(body: AsyncIterable<Uint8Array>): Promise<HttpAnswer>;
}

/** A body went on past what is taken. */
export class BodyTooLong extends Error {
  override readonly name = "BodyTooLong";
  readonly code = "BODY_TOO_LONG";
}

/** A body, as long as it is not too long. */
export async function* bounded(
  body: AsyncIterable<Uint8Array>,
  mostBytes: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new BodyTooLong(`the body is longer than ${mostBytes} bytes`);
    yield chunk;
  }
}

/**
 * Reads what nobody wants, up to a bound. A connection closed with unread bytes is reset, and a client that sends before
 * it listens (busybox's wget) would not see why it was refused.
 */
export async function discard(body: AsyncIterable<Uint8Array>, mostBytes: number): Promise<void> {
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > mostBytes) return;
  }
}
