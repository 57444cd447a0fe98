import { printable } from "../core/printable.ts";
import { formatDuration } from "../core/units.ts";
import type { Line } from "./ipxe/script.ts";
import { printScript } from "./ipxe/script.ts";
import type { Word } from "./ipxe/words.ts";
import { prose } from "./ipxe/words.ts";
import type { Loop } from "./loop.ts";
import type { ScriptPlan } from "./plan.ts";
import { marker } from "./script-address.ts";

const shellSeconds = 10;
/** With the time for the shell as long as a loop may take: left alone, a machine tries about once a minute. */
const pauseSeconds = 50;

/**
 * The script that ends a circle: it says what goes round and what was wrong, and waits. A person gets a shell or another
 * try at once; unattended it tries once more after a pause, because what was wrong may have been mended on the server.
 */
export function loopScript(plan: ScriptPlan, loop: Loop, who: string): string {
  const rounds = `asked for its script ${loop.times} times within ${formatDuration(loop.withinMs)}`;
  const problem = loop.problem === undefined ? [] : [say(`the last problem was: ${printable(loop.problem)}`)];
  return printScript([
    { run: { do: "set", setting: "user-class", value: [marker] } },
    say(`boot failed: it goes round in circles: ${who} ${rounds}, and fetched no kernel`),
    ...problem,
    say(`on the server, this says what happened: dryboot logs --boots --machine ${who}`),
    {
      when: prompt(shellSeconds, `press s within ${shellSeconds} seconds for a shell`, "s"),
      run: { do: "shell" },
    },
    {
      when: prompt(pauseSeconds, `press any key to try again now; it does so by itself in ${pauseSeconds} s`),
      run: { do: "echo", text: prose(`${marker}: trying again`) },
    },
    { run: { do: "chain", url: plan.dhcp.file }, otherwise: { do: "exit", status: 1 } },
  ]);
}

const say = (sentence: string): Line => ({ run: { do: "echo", text: [`${marker}:`, ...prose(sentence)] } });

function prompt(seconds: number, sentence: string, key?: string) {
  const text: readonly Word[] = prose(`${marker}: ${sentence}`);
  return { do: "prompt", timeoutMs: seconds * 1000, text, ...(key === undefined ? {} : { key }) } as const;
}
