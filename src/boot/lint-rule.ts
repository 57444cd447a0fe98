import type { LintSite } from "./lint-site.ts";
import type { Path } from "./settings.ts";

export type Severity = "error" | "warning" | "info";

/** One place of a site that breaks a rule. */
export type Finding = Readonly<{
  path: Path;
  /** What is there, as a sentence that names the values. */
  says: string;
  /** What to write or run instead. */
  fix: string;
}>;

/**
 * One thing that a site can get wrong. `error`: somebody does not boot, or boots what he must not. `warning`: it works
 * until something else happens. `info`: worth knowing.
 */
export type Rule = Readonly<{
  /** Stable, in kebab-case: people look it up and filter by it. */
  id: string;
  severity: Severity;
  /** What it finds, in a line. */
  title: string;
  /** What happens to a machine otherwise, and how that is known. */
  why: string;
  check(site: LintSite): readonly Finding[];
}>;

export type Found = Finding & Readonly<{ rule: Rule }>;

const weight: Readonly<Record<Severity, number>> = { error: 0, warning: 1, info: 2 };

/** All findings, the worst first. Two machines that share a faulty line have one fault. */
export function lint(site: LintSite, rules: readonly Rule[]): Found[] {
  const found = rules.flatMap((rule) => {
    const seen = new Set<string>();
    return rule.check(site).flatMap((finding): Found[] => {
      const key = JSON.stringify([finding.path.map(String), finding.says]);
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ ...finding, rule }];
    });
  });
  return found.toSorted((one, other) => weight[one.rule.severity] - weight[other.rule.severity]);
}
