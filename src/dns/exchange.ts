import { connect } from "node:net";
import { DecodeError } from "../core/errors.ts";
import { udpSocket } from "../core/udp-listener.ts";
import type { ForwardedAnswer } from "./forwarded-answer.ts";
import { decodeForwarded } from "./forwarded-answer.ts";
import { Frames, frame } from "./frames.ts";
import { decodeQuery } from "./message.ts";
import { sameQuestion } from "./question.ts";

/** Where another DNS server listens. */
export type Endpoint = Readonly<{ address: string; port: number }>;

export type Transport = "udp" | "tcp";

/** Sends one query and resolves with its answer. Rejects when there is none, or when the signal says so. */
export type Exchange = (
  transport: Transport,
  query: Uint8Array,
  server: Endpoint,
  signal: AbortSignal,
) => Promise<ForwardedAnswer>;

export const exchange: Exchange = (transport, query, server, signal) =>
  transport === "udp" ? overUdp(query, server, signal) : overTcp(query, server, signal);

/**
 * From a port of its own, which the kernel chooses at random and lets no other address write to: with the random id
 * that is what makes an answer hard to forge (RFC 5452 §9.2). What does not answer this very query is passed over.
 */
function overUdp(
  query: Uint8Array,
  { address, port }: Endpoint,
  signal: AbortSignal,
): Promise<ForwardedAnswer> {
  const socket = udpSocket(address);
  return new Promise<ForwardedAnswer>((resolve, reject) => {
    let forged = 0;
    socket.on("error", reject);
    socket.on("message", (bytes) => {
      const answer = answerTo(query, bytes);
      if (answer !== undefined) return resolve(answer);
      forged += 1;
      if (forged >= mostForged) reject(new Error(`${forged} messages came that do not answer the query`));
    });
    onAbort(signal, reject);
    socket.connect(port, address, (error?: Error) => {
      if (error) return reject(error);
      socket.send(query, (error) => error && reject(error));
    });
  }).finally(() => socket.close());
}

/** So many guesses at an id and nobody waits for more. */
const mostForged = 100;

function overTcp(
  query: Uint8Array,
  { address, port }: Endpoint,
  signal: AbortSignal,
): Promise<ForwardedAnswer> {
  const socket = connect({ host: address, port, noDelay: true });
  return new Promise<ForwardedAnswer>((resolve, reject) => {
    const frames = new Frames();
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("it closed the connection without an answer")));
    socket.on("data", (bytes: Buffer) => {
      for (const message of frames.add(bytes)) {
        const answer = answerTo(query, message);
        if (answer === undefined) return reject(new Error("what it sent does not answer the query"));
        resolve(answer);
      }
    });
    onAbort(signal, reject);
    socket.write(frame(query));
  }).finally(() => socket.destroy());
}

function onAbort(signal: AbortSignal, reject: (reason: unknown) => void): void {
  const abort = () => reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
}

/** RFC 5452 §9.1: the same id and the same question; the kernel has seen to addresses and ports. */
function answerTo(query: Uint8Array, bytes: Uint8Array): ForwardedAnswer | undefined {
  try {
    const asked = decodeQuery(query);
    const answer = decodeForwarded(bytes);
    return answer.header.id === asked.header.id && sameQuestion(answer.question, asked.question)
      ? answer
      : undefined;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return undefined;
  }
}
