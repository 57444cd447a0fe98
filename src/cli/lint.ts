import { readFile } from "node:fs/promises";
import { styleText } from "node:util";
import * as z from "zod";
import type { Release } from "../boot/ipxe/commands.ts";
import { releases } from "../boot/ipxe/commands.ts";
import { lintScript } from "../boot/ipxe/lint-script.ts";
import type { Found, Severity } from "../boot/lint-rule.ts";
import { lint as lintWith } from "../boot/lint-rule.ts";
import { allRules } from "../boot/lint-rules.ts";
import { DrybootError } from "../core/errors.ts";
import { formatPath } from "../core/place.ts";
import { jsonLine, printable } from "../core/printable.ts";
import { command } from "./command.ts";
import { inspectSite } from "./inspected-site.ts";
import { lintSiteOf } from "./lint-site.ts";
import { flow } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export const lint = command({
  name: "lint",
  summary: "Look for what a site file may say and should not",
  details:
    "Rules look at the site and at what this host has for it: its store and its loaders. docs/lint.md explains each.\n" +
    "An iPXE script of your own is read as iPXE reads it: dryboot lint boot.ipxe --ipxe 1.0.0\n" +
    "Exit codes: 0 nothing worse than warnings, 1 an error was found, 2 wrong usage or no valid site.",
  positionals: [
    { name: "SITE", describe: "A folder in lab/, or the path of a site file or of an iPXE script" },
  ],
  flags: z.strictObject({
    ipxe: z
      .enum(releases)
      .optional()
      .describe(
        "Of a script, ask only what this iPXE would make of it; without it, all that Debian packages",
      ),
    json: z.boolean().default(false).describe("Print one JSON object per finding and nothing else"),
  }),
  async run({ flags, args }, terminal, signal) {
    if (/\.(i|g)pxe$/.test(args.SITE)) return await lintFile(args.SITE, flags, terminal);
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

/** A script that somebody wrote by hand. */
async function lintFile(
  file: string,
  flags: { ipxe?: Release | undefined; json: boolean },
  terminal: Terminal,
): Promise<number> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new DrybootError("the script cannot be read", {
      code: "SCRIPT_UNREADABLE",
      where: file,
      hint: "name an iPXE script that is there and that this user may read",
      exitCode: 2,
      cause: error,
    });
  });
  const found = lintScript(text, flags.ipxe === undefined ? releases : [flags.ipxe]);
  const lines = flags.json
    ? found.map(({ rule: { id, why }, severity, line, says, fix }) =>
        jsonLine({ id, severity, line, says, why, fix }),
      )
    : scriptFindingsText(found, file, terminal.columns);
  for (const line of lines) terminal.out(line);
  return found.some(({ severity }) => severity === "error") ? 1 : 0;
}

function scriptFindingsText(found: ReturnType<typeof lintScript>, file: string, width: number): string[] {
  const paragraph = (text: string) => flow(text, width - 2).map((line) => `  ${line}`);
  const findings = found.flatMap(({ rule, severity, line, says, fix }) => [
    `${marks[severity]}: ${printable(file)}:${line}: ${printable(says)}  [${rule.id}]`,
    ...paragraph(`why: ${rule.why}`),
    ...paragraph(`fix: ${printable(fix)}`),
    "",
  ]);
  return found.length === 0 ? [`${file}: nothing to mend`] : [...findings, `${file}: ${sum(found)}`];
}

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
  return found.length === 0
    ? [`site ${site}: nothing to mend`]
    : [...findings, `site ${site}: ${sum(found.map(({ rule }) => rule))}`];
}

/** "1 error, 0 warnings, 2 hints" */
function sum(found: readonly Readonly<{ severity: Severity }>[]): string {
  const some = (severity: Severity, one: string) => {
    const count = found.filter((each) => each.severity === severity).length;
    return `${count} ${one}${count === 1 ? "" : "s"}`;
  };
  return `${some("error", "error")}, ${some("warning", "warning")}, ${some("info", "hint")}`;
}
