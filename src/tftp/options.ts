import type { RequestedOptions } from "./message.ts";

/** What a transfer goes by. `oack` holds what to acknowledge; empty means: answer with DATA at once (RFC 2347). */
export type Agreed = Readonly<{
  blksize: number;
  windowsize: number;
  timeoutMs: number;
  oack: ReadonlyMap<string, string>;
}>;

export type Limits = Readonly<{
  /** Largest block that crosses the network in one piece: firmware does not put fragments together. */
  maxBlksize: number;
  maxWindowsize: number;
  /** How long to wait for an acknowledgement where the client does not say. */
  timeoutMs: number;
}>;

/** A client may ask for up to 255 s (RFC 2349); six waits as long as that would hold a socket for 25 minutes. */
const maxTimeoutSeconds = 30;

/**
 * Agrees to what was asked for: nothing else, and never more (RFC 2347). An unknown, malformed or unwanted option is
 * left out of the OACK, which is how a server declines; EDK2 ends the transfer over anything it did not request.
 */
export function negotiate(requested: RequestedOptions, sizeBytes: number, limits: Limits): Agreed {
  const oack = new Map<string, string>();

  // RFC 2348: 8 to 65464, and the server may answer with less.
  const blksize = requestedNumber(requested, "blksize", 8, Number.MAX_SAFE_INTEGER);
  const agreedBlksize = blksize === undefined ? 512 : Math.min(blksize, 65464, limits.maxBlksize);
  if (blksize !== undefined) oack.set("blksize", String(agreedBlksize));

  // RFC 7440: 1 to 65535, and the server may answer with less.
  const windowsize = requestedNumber(requested, "windowsize", 1, 65535);
  const agreedWindowsize = windowsize === undefined ? 1 : Math.min(windowsize, limits.maxWindowsize);
  if (windowsize !== undefined) oack.set("windowsize", String(agreedWindowsize));

  // RFC 2349: the value must be the one requested, so it is taken or left.
  const timeout = requestedNumber(requested, "timeout", 1, maxTimeoutSeconds);
  if (timeout !== undefined) oack.set("timeout", String(timeout));

  // RFC 2349: a read request carries 0 and means "tell me"; other numbers mean the same.
  const tsize = requestedNumber(requested, "tsize", 0, Number.MAX_SAFE_INTEGER);
  if (tsize !== undefined) oack.set("tsize", String(sizeBytes));

  return {
    blksize: agreedBlksize,
    windowsize: agreedWindowsize,
    timeoutMs: timeout === undefined ? limits.timeoutMs : timeout * 1000,
    oack,
  };
}

function requestedNumber(
  options: RequestedOptions,
  name: string,
  least: number,
  most: number,
): number | undefined {
  const text = options.get(name);
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
}
