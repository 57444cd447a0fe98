import { printable } from "../core/printable.ts";
import type { FileReader } from "./file-reader.ts";
import { dataHeader, encodeMessage, errorCodes } from "./message.ts";
import type { Agreed } from "./options.ts";
import type { Input, Peer } from "./peer.ts";
import type { Action, Block, ReadTransfer, Step } from "./read-transfer.ts";
import { beginRead, isSuspecting, onAck, onRepeatedRequest, onTimeout } from "./read-transfer.ts";

export type Outcome =
  | { type: "sent"; resent: number; acknowledged: boolean }
  | { type: "probed" }
  | { type: "failed"; reason: string };

/** How long an ERROR that ended the old transfer may arrive after the new request, which takes another socket. */
const supersededGraceMs = 100;

/** Sends a file to its end or to the end of our patience. Fails only when the file does. */
export async function sendFile(
  peer: Peer,
  reader: FileReader,
  agreed: Agreed & { sizeBytes: number },
  onProgress: (sentBytes: number) => void,
): Promise<Outcome> {
  const { sizeBytes, blksize, windowsize, timeoutMs, oack } = agreed;
  let [t, action]: Step = beginRead({ sizeBytes, blksize, windowsize, withOack: oack.size > 0 });
  const patience = new Patience(timeoutMs);
  let timedOut = false;
  for (;;) {
    const ended = outcomeOf(t, action, peer);
    if (ended !== undefined) return ended;
    const performing = perform(action, peer, reader, oack);
    if (performing !== undefined) await performing;
    // An input that changed nothing does not buy time: only what we sent starts the wait anew, and its end.
    if (action.type !== "wait" || timedOut) patience.begin(isSuspecting(t));
    const input = await peer.take(patience.leftMs);
    timedOut = input === undefined;
    if (input !== undefined && endsIt(input)) return await lastOutcome(peer, t, input, oack);
    const { acked } = t;
    [t, action] = next(t, input);
    if (t.acked > acked) patience.answered();
    if (t.acked > 0) onProgress(Math.min(t.acked * blksize, sizeBytes));
  }
}

/** How long an answer is waited for. */
class Patience {
  readonly #timeoutMs: number;
  #roundTripMs = 1;
  #began = 0;
  #waitMs = 0;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Something was sent; `soon` when an answer that does not come at once says as much as one. */
  begin(soon: boolean): void {
    this.#began = performance.now();
    this.#waitMs = soon ? Math.min(this.#timeoutMs, Math.max(2, 3 * this.#roundTripMs)) : this.#timeoutMs;
  }

  get leftMs(): number {
    return this.#began + this.#waitMs - performance.now();
  }

  answered(): void {
    this.#roundTripMs += (performance.now() - this.#began - this.#roundTripMs) / 8;
  }
}

type End = Extract<Input, { type: "ERROR" | "stopped" | "superseded" }>;

const endsIt = (input: Input): input is End => input.type !== "ACK" && input.type !== "repeated";

async function lastOutcome(peer: Peer, t: ReadTransfer, input: End, oack: Agreed["oack"]): Promise<Outcome> {
  if (input.type === "ERROR") return errorOutcome(t, input, oack);
  if (input.type === "superseded") return await lastWord(peer, t, oack);
  return { type: "failed", reason: "the server was stopped" };
}

function next(t: ReadTransfer, input: Exclude<Input, End> | undefined): Step {
  if (input === undefined) return onTimeout(t);
  return input.type === "ACK" ? onAck(t, input.block) : onRepeatedRequest(t);
}

function outcomeOf(t: ReadTransfer, action: Action, peer: Peer): Outcome | undefined {
  if (action.type === "done") return { type: "sent", resent: t.resent, acknowledged: action.acknowledged };
  if (action.type !== "gave-up") return undefined;
  const waitingFor = t.heard ? `after block ${t.acked}` : "at all";
  const why = peer.sendError ? ` (${peer.sendError.message})` : "";
  return { type: "failed", reason: `the client did not answer ${waitingFor}${why}` };
}

/** Done when it returns, but for the few times that something must be waited for. */
function perform(action: Action, peer: Peer, reader: FileReader, oack: Agreed["oack"]): void | Promise<void> {
  if (action.type === "oack") return peer.send([[encodeMessage({ type: "OACK", options: oack })]]);
  if (action.type === "blocks") return sendBlocks(peer, reader, action.blocks);
}

function sendBlocks(peer: Peer, reader: FileReader, blocks: readonly Block[]): void | Promise<void> {
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (first === undefined || last === undefined) return;
  const { start } = first;
  const send = (bytes: Uint8Array) =>
    peer.send(
      blocks.map((block) => [
        dataHeader(block.number),
        bytes.subarray(block.start - start, block.end - start),
      ]),
    );
  const bytes = reader.read(start, last.end);
  return bytes instanceof Promise ? bytes.then(send) : send(bytes);
}

/**
 * EDK2 and PXE ROMs ask for the size first, read it off the OACK and then end the transfer with ERROR 8: that is how a
 * probe succeeds. Before any block, and only where the size was asked for; otherwise an ERROR is a failure.
 */
function errorOutcome(
  t: ReadTransfer,
  error: Extract<Input, { type: "ERROR" }>,
  oack: Agreed["oack"],
): Outcome {
  if (error.errorCode === errorCodes.optionRefused && !t.heard && oack.has("tsize"))
    return { type: "probed" };
  return {
    type: "failed",
    reason: `the client ended it with ERROR ${error.errorCode} "${printable(error.errMsg)}"`,
  };
}

async function lastWord(peer: Peer, t: ReadTransfer, oack: Agreed["oack"]): Promise<Outcome> {
  const input = await peer.take(supersededGraceMs);
  if (input?.type === "ERROR") return errorOutcome(t, input, oack);
  return { type: "failed", reason: "the client asked anew from the same port" };
}
