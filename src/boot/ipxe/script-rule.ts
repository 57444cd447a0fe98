import type { Release } from "./commands.ts";
import type { Flow } from "./flow.ts";
import type { ParsedScript } from "./parse.ts";

/** As of the rules for sites. */
export type Severity = "error" | "warning" | "info";

/** A script, and the iPXE that are to run it. */
export type LintedScript = Readonly<{ script: ParsedScript; flow: Flow; releases: readonly Release[] }>;

export type ScriptFinding = Readonly<{
  line: number;
  says: string;
  fix: string;
  /** Instead of the rule's own, where it matters less here. */
  severity?: Severity;
}>;

/** One thing that a script can get wrong; as the rules for sites. */
export type ScriptRule = Readonly<{
  id: string;
  severity: Severity;
  title: string;
  why: string;
  check(script: LintedScript): readonly ScriptFinding[];
}>;
