/** How long real clients wait for an answer before they ask again, in milliseconds; after the last wait they give up. */
export const patience = {
  /** EDK2, `Dhcp4Io.c` and `PxeBcDhcp4.c`. */
  firmwareDhcp: [4000, 8000, 16_000, 32_000],
  /** EDK2, `PxeBcMtftp.c`: six times the same. */
  loader: [4000, 4000, 4000, 4000, 4000, 4000],
  /** iPXE, `net/udp/dhcp.c`: from one second, doubled up to ten. */
  ipxeDhcp: [1000, 2000, 4000, 8000],
} as const satisfies Record<string, readonly number[]>;

/** A connection over which nothing came for so long is given up. */
export const stallMs = 60_000;

/** Nobody answered for as long as the client asks. */
export class GaveUp extends Error {}

/**
 * Sends, and again after each wait without an answer; resolves with the answer and how often it was asked again.
 * `listen` is given what takes the answer, and returns what ends listening.
 */
export async function askUntilAnswered<Answer>(
  send: () => void,
  listen: (take: (answer: Answer) => void) => () => void,
  waitsMs: readonly number[],
): Promise<{ answer: Answer; again: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  let asked = 0;
  let timer: NodeJS.Timeout | undefined;
  const ask = () => {
    const waitMs = waitsMs[asked];
    if (waitMs === undefined) return reject(new GaveUp(`no answer to ${asked} questions`));
    asked += 1;
    timer = setTimeout(ask, waitMs);
    send();
  };
  const unlisten = listen(resolve);
  ask();
  try {
    return { answer: await promise, again: asked - 1 };
  } finally {
    clearTimeout(timer);
    unlisten();
  }
}
