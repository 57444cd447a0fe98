import type { Line } from "./ipxe/script.ts";
import { prose } from "./ipxe/words.ts";
import { goTo, held, opening, run, say, set, whatever } from "./script-lines.ts";

/** What a machine that nobody looks after does when it cannot boot. */
export type Unattended = "firmware" | "poweroff";

export const attempts = 10;
/** The pause grows by this after each attempt: 90 s in all, longer than a switch takes to forward again. */
const secondsMore = 2;
const debugSeconds = 30;

/** Sets what is counted here to its beginning. */
const counters: readonly Line[] = [set("attempt:int32", "0"), set("pause:int32", "0")];

export const openingLines: readonly Line[] = [
  opening,
  ...counters,
  set("last", ...prose("Nothing has failed so far")),
];

/** What cannot work, and is no error of iPXE's: it is said, and counts as a failure. */
export function cannotLines(reason: string): Line[] {
  return [
    say(...prose(`boot failed: ${reason}`)),
    set("last", ...prose(`Last failure: ${reason}`)),
    goTo("failed.wait"),
  ];
}

/** Where a script goes on after a failure. */
export interface Failure {
  /** The label of the next attempt, or of the menu. */
  again: string;
  /** What comes then, as in "Trying again", and what a person picks for it, as in "Try again". */
  says: string;
  item: string;
  unattended: Unattended;
}

/**
 * The end of every script that boots. `failed` shows why, waits, each time longer, and tries again; after the last
 * attempt, and at `debug`, there is a menu for whoever is there, and for nobody its countdown.
 */
export function failureLines({ again, says, item, unattended }: Failure): Line[] {
  return [
    { label: "failed" },
    ...showError,
    { label: "failed.wait" },
    {
      when: { do: "iseq", left: held("attempt"), right: String(attempts) },
      run: { do: "goto", label: "given-up" },
    },
    run({ do: "inc", setting: "pause", by: secondsMore }),
    say(...prose(`${says} in`), held("pause"), ...prose("seconds, or now with any key but d")),
    {
      when: {
        do: "prompt",
        key: "d",
        timeoutMs: [{ setting: "pause" }, "000"],
        text: prose("dryboot: press d for the network card, a shell and other ways out"),
      },
      run: { do: "goto", label: "debug" },
    },
    goTo(again),
    { label: "given-up" },
    say(...prose(`gave up after ${attempts} attempts`)),
    ...debugLines(again, item, unattended),
  ];
}

/** `errno` first: every command sets it. iPXE has printed the words for it and their address by itself. */
const showError: readonly Line[] = [
  set("error:int32", held("errno")),
  say("boot", "failed:", "could", "not", held("task")),
  say("the", "error", "was", held("error:hexraw"), "in", "attempt", held("attempt")),
  set("last", ...prose("Last failure: could not"), held("task"), ...prose("(error"), [
    { setting: "error:hexraw" },
    ")",
  ]),
  run({ do: "imgfree" }),
];

/** Ends a script where trying again would change nothing: what was fetched cannot be started. */
export function brokenLines(): Line[] {
  return [{ label: "broken" }, ...showError, goTo("debug")];
}

function debugLines(again: string, retry: string, unattended: Unattended): Line[] {
  const giveUp = unattended === "poweroff" ? "Switch off" : "Go on to the firmware's next boot device";
  const item = (key: string, label: string, text: string): Line =>
    run({ do: "item", key, label: `debug.${label}`, text: prose(text) });
  return [
    { label: "debug" },
    run({ do: "menu", title: prose("dryboot: what else there is") }),
    run({ do: "gap", text: [held("last")] }),
    item("r", "again", retry),
    item("n", "network", "Show the network card"),
    item("s", "shell", "iPXE's shell"),
    item("b", "reboot", "Restart"),
    item("p", "poweroff", "Switch off"),
    item("x", "exit", "Go on to the firmware's next boot device"),
    run({ do: "gap", text: prose(`Left alone for ${debugSeconds} seconds: ${giveUp.toLowerCase()}`) }),
    {
      run: {
        do: "choose",
        setting: "selected",
        preselected: `debug.${unattended === "poweroff" ? "poweroff" : "exit"}`,
        timeoutMs: debugSeconds * 1000,
      },
      otherwise: { do: "goto", label: `debug.${unattended === "poweroff" ? "poweroff" : "exit"}` },
    },
    run({ do: "goto", label: { setting: "selected" } }),
    { label: "debug.again" },
    ...counters,
    goTo(again),
    { label: "debug.network" },
    whatever({ do: "ifstat" }),
    whatever({ do: "route" }),
    whatever({ do: "prompt", timeoutMs: 60_000, text: prose("dryboot: press any key to go back") }),
    goTo("debug"),
    { label: "debug.shell" },
    say(...prose("type exit to come back")),
    whatever({ do: "shell" }),
    goTo("debug"),
    { label: "debug.reboot" },
    whatever({ do: "reboot" }),
    { label: "debug.poweroff" },
    // iPXE 1.0.0 has no such command: then the firmware is all that is left.
    whatever({ do: "poweroff" }),
    { label: "debug.exit" },
    say(...prose("going back to the firmware")),
    run({ do: "exit", status: 1 }),
  ];
}
