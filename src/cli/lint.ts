import { styleText } from "node:util";
import * as z from "zod";
import type { Found, Severity } from "../boot/lint-rule.ts";
import { lint as lintWith } from "../boot/lint-rule.ts";
import { allRules } from "../boot/lint-rules.ts";
import { formatPath } from "../core/place.ts";
import { jsonLine } from "../core/printable.ts";
import { command } from "./command.ts";
import { inspectSite } from "./inspected-site.ts";
import { lintSiteOf } from "./lint-site.ts";
import { flow } from "./table.ts";

export const lint = command({
  name: "lint",
  summary: "Look for what a site file may say and should not",
  details:
    "Rules look at the site and at what this host has for it: its store and its loaders. docs/lint.md explains each.\n" +
    "Exit codes: 0 nothing worse than warnings, 1 an error was found, 2 wrong usage or no valid site.",
  positionals: [{ name: "SITE", describe: "A folder in lab/, or the path of a site file" }],
  flags: z.strictObject({
    json: z.boolean().default(false).describe("Print one JSON object per finding and nothing else"),
  }),
  async run({ flags, args }, terminal, signal) {
    const inspected = await inspectSite(args.SITE, signal);
    const found = lintWith(lintSiteOf(inspected), allRules);
    const lines = flags.json
      ? found.map(({ rule: { id, severity, why }, path, says, fix }) =>
          jsonLine({ id, severity, path: formatPath(path), says, why, fix }),
        )
      : findingsText(found, inspected.resolved.name, terminal.columns);
    for (const line of lines) terminal.out(line);
    return found.some(({ rule }) => rule.severity === "error") ? 1 : 0;
  },
});

const marks: Readonly<Record<Severity, string>> = {
  error: styleText("red", "error"),
  warning: styleText("yellow", "warning"),
  info: styleText("dim", "info"),
};

/** What a person reads: each finding with its place, what happens otherwise, and the way out; then the sum. */
export function findingsText(found: readonly Found[], site: string, width: number): string[] {
  const paragraph = (text: string) => flow(text, width - 2).map((line) => `  ${line}`);
  const findings = found.flatMap(({ rule, path, says, fix }) => [
    `${marks[rule.severity]}: \`${formatPath(path)}\` ${says}  [${rule.id}]`,
    ...paragraph(`why: ${rule.why}`),
    ...paragraph(`fix: ${fix}`),
    "",
  ]);
  const count = (severity: Severity) => found.filter(({ rule }) => rule.severity === severity).length;
  const some = (severity: Severity, one: string) =>
    `${count(severity)} ${one}${count(severity) === 1 ? "" : "s"}`;
  const sum = `${some("error", "error")}, ${some("warning", "warning")}, ${some("info", "hint")}`;
  return found.length === 0 ? [`site ${site}: nothing to mend`] : [...findings, `site ${site}: ${sum}`];
}
