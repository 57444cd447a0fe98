import { releases } from "./ipxe/commands.ts";
import { scriptRules } from "./ipxe/lint-script.ts";
import type { Rule } from "./lint-rule.ts";
import { ruleGroups } from "./lint-rules.ts";

/** The manual of `dryboot lint`, `docs/lint.md`: read from the rules, so that none can be missing. */
export function lintReference(): string {
  const groups = ruleGroups.flatMap(([about, rules]) => [`## ${about}`, ...rules.map(section)]);
  const ofScripts = ["## iPXE scripts", scripts, ...scriptRules.map(section)];
  return `${[introduction, ...groups, ...ofScripts].join("\n\n")}\n`;
}

const introduction = `# What \`dryboot lint\` finds

<!-- Written by docs/lint-reference.ts from the rules in src/boot/lint-*.ts: change it there. -->

\`dryboot lint SITE\` looks for what a site file may say and should not: a schema cannot see it, and firmware tells of it late.
Some rules look at this host too, at its store and its loaders: run it where the site is served.

- **error**: somebody does not boot, or boots what he must not. Exit code 1.
- **warning**: it works until something else happens.
- **info**: worth knowing.`;

const scripts = `\`dryboot lint FILE.ipxe\` reads a script of your own as iPXE does. Commands and options are those of the three releases
that Debian packages, ${releases.join(", ")}, as their BIOS builds explain them; \`--ipxe 2.0.0\` asks about one of them
alone. Every script that dryboot writes is held to the same rules.`;

function section({ id, severity, title, why }: Pick<Rule, "id" | "severity" | "title" | "why">): string {
  return `### ${id}\n\n**${severity}**: ${title}.\n\n${why}`;
}
