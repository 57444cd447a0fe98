/**
 * Resolves when everything written to these streams has been handed over, or can never be. Node writes to pipes in the
 * background: ending the process before that loses what a slow reader has not taken yet, without a word.
 */
export async function flushed(...streams: readonly NodeJS.WritableStream[]): Promise<void> {
  await Promise.all(
    streams.map((stream) => new Promise<void>((resolve) => stream.write("", () => resolve()))),
  );
}
