import { join } from "node:path";
import { styleText } from "node:util";
import * as z from "zod";
import { projectFolder, storeFolder } from "../core/folders.ts";
import { examine, judge } from "../host/doctor.ts";
import type { Verdict } from "../host/verdict.ts";
import { canBoot } from "../host/verdict.ts";
import { command } from "./command.ts";
import { table } from "./table.ts";

export const doctor = command({
  name: "doctor",
  summary: "Try what this machine can do, and say how to mend what it cannot",
  details:
    "Everything is tried for real: a small guest with and without KVM, namespaces up to a tap, firmware files looked\n" +
    "into. Nothing is changed. Exit code 0 when a lab can boot here at all, 1 when something stops every boot.",
  flags: z.strictObject({
    json: z.boolean().default(false).describe("Print one JSON object per verdict instead of sentences"),
    refresh: z
      .boolean()
      .default(false)
      .describe("Probe the accelerator anew, not once per boot of this machine"),
  }),
  async run({ flags }, terminal, signal) {
    const places = { store: storeFolder(), reports: join(projectFolder, "reports") };
    const verdicts = judge(await examine({ ...places, signal, refresh: flags.refresh }));
    const lines = flags.json
      ? verdicts.map((verdict) => JSON.stringify(verdict))
      : formatVerdicts(verdicts, terminal.columns);
    for (const line of lines) terminal.out(line);
    return canBoot(verdicts) ? 0 : 1;
  },
});

const marks = {
  good: styleText("green", "good"),
  limited: styleText("yellow", "limited"),
  missing: styleText("red", "missing"),
} as const;

/** The report a person reads: what was found, then for everything that is not good what it costs and how to mend it. */
export function formatVerdicts(verdicts: readonly Verdict[], columns: number): string[] {
  const rows = verdicts.flatMap(({ verdict, title, says, disables, mend }) => [
    [marks[verdict], title, says],
    ...(disables === undefined ? [] : [["", "", `${styleText("dim", "disables:")} ${disables}`]]),
    ...(mend === undefined ? [] : [["", "", `${styleText("dim", "to mend: ")} ${styleText("bold", mend)}`]]),
  ]);
  return [...table(rows, { width: columns }), "", conclusion(verdicts)];
}

function conclusion(verdicts: readonly Verdict[]): string {
  if (!canBoot(verdicts)) {
    const titles = verdicts.filter(({ stopsBoots }) => stopsBoots).map(({ title }) => title);
    return `${styleText("red", "No lab can boot here yet.")} Mend first: ${titles.join(", ")}.`;
  }
  const limits = verdicts.filter(({ verdict }) => verdict !== "good").length;
  const rest =
    limits === 0
      ? "with nothing to mend"
      : `with ${limits === 1 ? "one limit" : `${limits} limits`}, named above`;
  return `${styleText("green", "A lab can boot here")}, ${rest}.`;
}
