/** A read transfer once options are agreed, as a pure machine: no socket, no clock, no file. */

/** Blocks are counted from 1 without the 16-bit rollover. Block 0 is the OACK, which is acknowledged as such. */
export type ReadTransfer = Readonly<{
  sizeBytes: number;
  /** RFC 2348. */
  blksize: number;
  /** RFC 7440; 1 is the lock step of RFC 1350. */
  windowsize: number;
  /** Last block acknowledged; -1 while not even the OACK is. */
  acked: number;
  /** Last block sent. */
  sent: number;
  /** The block after which the client may miss one; it is asked to show it before anything is sent again. */
  suspected: number;
  /** The block we last went back to. */
  rewound: number;
  /** The last block we had sent when we went back. */
  rewoundFrom: number;
  /** How often the current window was waited for in vain. */
  retries: number;
  /** How often the request itself came again. */
  repeats: number;
  /** Blocks sent more than once, in all. */
  resent: number;
  /** The client has acknowledged something: it is there, and where it says it is. */
  heard: boolean;
}>;

/** `number` is the block's number as it stands in the packet; its bytes are those from `start` up to `end`. */
export type Block = Readonly<{ number: number; start: number; end: number }>;

export type Action =
  | { type: "wait" }
  | { type: "oack" }
  | { type: "blocks"; blocks: readonly Block[] }
  | { type: "done"; acknowledged: boolean }
  | { type: "gave-up" };

export type Step = readonly [ReadTransfer, Action];

export const maxRetries = 5;

/** The first step: an OACK when there is something to acknowledge, else the first window at once (RFC 2347). */
export function beginRead(
  agreed: Readonly<{ sizeBytes: number; blksize: number; windowsize: number; withOack: boolean }>,
): Step {
  const { withOack, ...sizes } = agreed;
  const t = {
    ...sizes,
    acked: 0,
    sent: 0,
    suspected: Number.NEGATIVE_INFINITY,
    rewound: Number.NEGATIVE_INFINITY,
    rewoundFrom: Number.NEGATIVE_INFINITY,
    retries: 0,
    repeats: 0,
    resent: 0,
    heard: false,
  };
  return withOack ? [{ ...t, acked: -1 }, { type: "oack" }] : sendWindow(t, 1);
}

/** The client acknowledged `wire`, a block number as it stands in the packet. */
export function onAck(t: ReadTransfer, wire: number): Step {
  const block = t.acked + ((wire - t.acked) & 0xffff);
  if (block > t.sent) return [t, { type: "wait" }]; // late duplicate, or not ours
  const confirmed = block === t.suspected;
  if (block === t.acked && !confirmed && !mayGoBack(t)) return [t, { type: "wait" }];
  const heard = { ...t, acked: block, heard: true, retries: block === t.acked ? t.retries : 0 };
  if (block === lastBlock(t)) return [heard, { type: "done", acknowledged: true }];
  if (block === t.sent) return sendWindow(heard, block + 1);
  // Up to here came the packets sent before we went back, if the client took those after all (it met a duplicate, not
  // a gap); what follows is on its way. Sending it twice would make the client do the same again at the next window.
  if (block === t.rewoundFrom) return sendWindow(heard, t.sent + 1);
  return confirmed ? goBack(heard) : suspect(heard);
}

/**
 * An ACK inside the window means a gap, or that the client met a packet twice: it answers both alike (RFC 7440 §4). So
 * the window moves on first. A client without a gap goes on from there and acknowledges more; one with a gap repeats
 * itself, or falls silent, which a short wait shows. Going back at once would send most of a window for each packet that
 * a network doubles, and double some of those again.
 */
function suspect(t: ReadTransfer): Step {
  return sendWindow({ ...t, suspected: t.acked }, t.sent + 1);
}

/** Whether the next timeout is to come soon: the client owes us a sign. */
export const isSuspecting = (t: ReadTransfer): boolean => t.suspected === t.acked;

/**
 * Whether a repeated ACK may mean "the first block of your window is missing" (RFC 7440 §4). In lock step it never may:
 * answering it doubles every packet after it, the Sorcerer's Apprentice bug (RFC 1123 §4.2.3.1). With windows it may
 * once, and then not before a window has passed cleanly: a client that gets a window twice acknowledges twice.
 */
function mayGoBack(t: ReadTransfer): boolean {
  return t.windowsize > 1 && t.acked >= 0 && t.acked > t.rewound + t.windowsize;
}

/** Nothing was heard for as long as agreed: sends the window again, or stops trying. */
export function onTimeout(t: ReadTransfer): Step {
  if (isSuspecting(t)) return goBack(t);
  if (!t.heard) return whileUnheard(t);
  if (t.retries >= maxRetries) {
    // The last ACK can be lost and nobody repeats it: a client that followed to the end is taken to have arrived.
    return [t, t.sent === lastBlock(t) ? { type: "done", acknowledged: false } : { type: "gave-up" }];
  }
  return goBack({ ...t, retries: t.retries + 1 });
}

/**
 * Who never answered may never have asked: anybody can write another's address on a request. So an OACK, which is hardly
 * longer than what asked for it, is sent once more, and DATA, which is longer by far, only to who asks once more. A
 * client that lost it does: to it, the request may be what was lost.
 */
function whileUnheard(t: ReadTransfer): Step {
  if (t.retries >= maxRetries) return [t, { type: "gave-up" }];
  const again = { ...t, retries: t.retries + 1 };
  return [again, t.acked < 0 && t.retries === 0 ? { type: "oack" } : { type: "wait" }];
}

/** The client sent its request again: our first answer was lost, unless it is underway already. */
export function onRepeatedRequest(t: ReadTransfer): Step {
  if (t.heard || t.repeats >= maxRetries) return [t, { type: "wait" }];
  const again = { ...t, repeats: t.repeats + 1, retries: 0 };
  return t.acked < 0 ? [again, { type: "oack" }] : goBack(again);
}

/** A file that ends on a block boundary is followed by an empty block (RFC 1350 §6). */
export function lastBlock(t: ReadTransfer): number {
  return Math.floor(t.sizeBytes / t.blksize) + 1;
}

/** Sends again from the block after the last one acknowledged. */
function goBack(t: ReadTransfer): Step {
  const suspected = Number.NEGATIVE_INFINITY;
  return sendWindow({ ...t, suspected, rewound: t.acked, rewoundFrom: t.sent }, t.acked + 1);
}

/** Sends the blocks from `first` to the end of the window, if there are any. */
function sendWindow(t: ReadTransfer, first: number): Step {
  const last = Math.min(t.acked + t.windowsize, lastBlock(t));
  const blocks: Block[] = [];
  for (let block = first; block <= last; block += 1) {
    const start = (block - 1) * t.blksize;
    blocks.push({ number: block & 0xffff, start, end: Math.min(start + t.blksize, t.sizeBytes) });
  }
  return [
    { ...t, sent: last, resent: t.resent + Math.max(0, t.sent - first + 1) },
    { type: "blocks", blocks },
  ];
}
