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

/**
 * Sends what each key of a terminal sends. SeaBIOS looks at the serial line eighteen times a second, and drops what it has
 * no room for: fifteen keys.
 */
export async function typeSlowly(
  write: (bytes: string) => void,
  keys: Iterable<string>,
  signal: AbortSignal,
): Promise<void> {
  for (const bytes of keys) {
    write(bytes);
    await sleep(30, undefined, { signal });
  }
}
