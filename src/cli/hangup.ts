/** Calls back on SIGHUP instead of letting it end the program (process-shell.ts), until disposed of. */
export function onHangup(listener: () => void): Disposable {
  process.on("SIGHUP", listener);
  return { [Symbol.dispose]: () => void process.off("SIGHUP", listener) };
}
