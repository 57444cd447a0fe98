/** Hangups (SIGHUP) taken instead of ending the program (process-shell.ts), until disposed of. */
export interface Hangups extends Disposable {
  /** Calls back on each from now on, and at once for those that came before: all of them together are one. */
  listen(listener: () => void): void;
}

/** Takes hangups from here on, also while there is nothing yet that could be done about one. */
export function takeHangups(): Hangups {
  let listener: (() => void) | undefined;
  let isWaiting = false;
  const take = () => {
    if (listener) listener();
    else isWaiting = true;
  };
  process.on("SIGHUP", take);
  return {
    listen(next) {
      listener = next;
      if (isWaiting) next();
      isWaiting = false;
    },
    [Symbol.dispose]: () => void process.off("SIGHUP", take),
  };
}
