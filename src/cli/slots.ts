import { resolve } from "node:path";
import * as z from "zod";
import type { Slots } from "../boot/slots.ts";
import { openMachineStates } from "../netboot/machine-states.ts";
import { defaultStateFolder } from "../serve/state-folder.ts";
import { command } from "./command.ts";
import { stateFlag } from "./state-flag.ts";
import { table } from "./table.ts";

export const slots = command({
  name: "slots",
  summary: "Show which images are deployed on machines: the regular one, the old one, the new one",
  details:
    "Only machines on which something was deployed (`dryboot deploy`) are shown. Read from the state folder, which a\n" +
    "running server keeps up to date.",
  positionals: [{ name: "MACHINES", describe: "Only these machines", optional: true, many: true }],
  flags: z.strictObject({
    json: z.boolean().default(false).describe("Print one JSON object for each machine"),
    state: stateFlag,
  }),
  async run({ flags, args }, terminal) {
    const states = await openMachineStates(resolve(flags.state ?? defaultStateFolder()));
    const names = args.MACHINES?.length ? args.MACHINES : states.names();
    const rows = names.flatMap((name): [string, Slots][] => {
      const known = states.of(name).slots;
      return known ? [[name, known]] : [];
    });
    if (flags.json) {
      for (const [machine, known] of rows) terminal.out(JSON.stringify({ machine, ...known }));
    } else if (rows.length === 0)
      terminal.out("nothing is deployed on any machine: all boot what the site says");
    else for (const line of formatSlots(rows)) terminal.out(line);
    return 0;
  },
});

/** The table of `dryboot slots`. */
export function formatSlots(rows: readonly (readonly [string, Slots])[]): string[] {
  return table([
    ["MACHINE", "REGULAR", "OLD", "NEW", "WHAT IS SO"],
    ...rows.map(([name, slots]) => [
      ...[name, slots.regular ?? "the site's", slots.old ?? "-", slots.new ?? "-"],
      sayTrial(slots),
    ]),
  ]);
}

function sayTrial({ new: next, tried, failed }: Slots): string {
  if (next !== undefined) return tried ? "is being tried" : "is tried at the next boot";
  return failed === undefined ? "" : `${failed} did not report ready`;
}
