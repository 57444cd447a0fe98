import type { Release } from "./commands.ts";
import { releases } from "./commands.ts";
import { flowOf } from "./flow.ts";
import { commandRules } from "./lint-commands.ts";
import { flowRules } from "./lint-flow.ts";
import { wordRules } from "./lint-words.ts";
import { parseScript } from "./parse.ts";
import type { ScriptFinding, ScriptRule, Severity } from "./script-rule.ts";

export const scriptRules: readonly ScriptRule[] = [...wordRules, ...commandRules, ...flowRules];

/** All that is wrong with the text of a script, from its first line on. */
export function lintScript(
  text: string,
  forReleases: readonly Release[] = releases,
): (ScriptFinding & { rule: ScriptRule; severity: Severity })[] {
  const script = parseScript(text);
  const linted = { script, flow: flowOf(script), releases: forReleases };
  return scriptRules
    .flatMap((rule) =>
      rule
        .check(linted)
        .map((finding) => ({ ...finding, rule, severity: finding.severity ?? rule.severity })),
    )
    .toSorted((one, other) => one.line - other.line);
}
