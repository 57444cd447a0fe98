import type { Command, Line } from "./ipxe/script.ts";
import type { Word } from "./ipxe/words.ts";
import { marker } from "./script-address.ts";

/** The lines that our scripts share. */

export const run = (command: Command): Line => ({ run: command });

/** What goes wrong is shown at `failed`, which every script that boots has. */
export const orFail = (command: Command): Line => ({
  run: command,
  otherwise: { do: "goto", label: "failed" },
});

/** Whether it works or not, the script goes on. */
export const whatever = (command: Command): Line => ({ run: command, otherwise: "nothing" });

export const goTo = (label: string): Line => run({ do: "goto", label });

export const set = (setting: string, ...value: readonly Word[]): Line => run({ do: "set", setting, value });

/** A sentence on the console that is known for ours. */
export const say = (...text: readonly Word[]): Line => run({ do: "echo", text: [`${marker}:`, ...text] });

/** What is tried next: it completes "could not ...". */
export const task = (...words: readonly Word[]): Line => set("task", ...words);

/** The value of a setting, as one word. */
export const held = (setting: string): Word => [{ setting }];

/** What every script begins with: from here on any DHCP request of this iPXE says that it has had its loader. */
export const opening: Line = set("user-class", marker);
