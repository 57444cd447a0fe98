import { setTimeout as sleep } from "node:timers/promises";
import type { Qmp } from "./qmp.ts";

/** Presses keys together on a machine's own keyboard, and lets them go. */
export async function pressKeys(
  qmp: Pick<Qmp, "execute">,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await qmp.execute("send-key", {
    keys: keys.map((data) => ({ type: "qcode", data })),
    "hold-time": 40,
  });
  // QEMU queues few keys and firmware polls: the next one waits until this one is up again.
  await sleep(60, undefined, { signal });
}

/** A serial line with a machine at its other end. */
export interface SerialLine {
  write(bytes: string): void;
  /** Hands over whatever the machine says from now on. */
  follow(reader: () => void): Disposable;
}

/** Where nothing is echoed (a password) the next key comes after this. */
const longestEchoMs = 500;

/**
 * Sends what each key of a terminal sends, the next one when the machine has answered the last. SeaBIOS looks at the serial
 * line eighteen times a second of its own time, which is longer on a busy host, and drops what it has no room for: fifteen
 * keys.
 */
export async function typeSlowly(
  line: SerialLine,
  keys: Iterable<string>,
  signal: AbortSignal,
): Promise<void> {
  for (const bytes of keys) {
    const answered = new AbortController();
    using _listening = line.follow(() => answered.abort());
    line.write(bytes);
    await sleep(30, undefined, { signal });
    await sleep(longestEchoMs, undefined, { signal: AbortSignal.any([signal, answered.signal]) }).catch(() =>
      signal.throwIfAborted(),
    );
  }
}
