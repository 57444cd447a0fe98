import { nearest } from "../../core/nearest.ts";
import type { Release } from "./commands.ts";
import { commands, hasSince } from "./commands.ts";
import type { Invocation, ReadCommand } from "./parse.ts";
import { readCommand } from "./parse.ts";
import type { LintedScript, ScriptFinding, ScriptRule } from "./script-rule.ts";

type Place = Readonly<{ line: number; words: readonly string[]; read: ReadCommand; guarded: boolean }>;

/** Every command that iPXE knows, and whether its line says what happens when it fails. */
function perCommand(
  { script }: LintedScript,
  finds: (place: Place) => readonly Omit<ScriptFinding, "line">[],
): ScriptFinding[] {
  return script.lines.flatMap(({ number, commands: all }) =>
    all.flatMap(({ words }, index) => {
      const read = words.length === 0 ? undefined : readCommand(words);
      if (!read) return [];
      const guarded = isGuarded(all, index);
      return finds({ line: number, words, read, guarded }).map((found) => ({ line: number, ...found }));
    }),
  );
}

const isGuarded = (all: readonly Invocation[], index: number) =>
  all.slice(index + 1).some(({ operator }) => operator === "||" || operator === ";");

const unknownCommand: ScriptRule = {
  id: "script-command-unknown",
  severity: "error",
  title: "A command that no iPXE has",
  why: "iPXE says `command not found`, which is a failure: without `||` the script ends there.",
  check: ({ script }) =>
    script.lines.flatMap(({ number, label, commands: all }) =>
      all.flatMap(({ words: [name] }): ScriptFinding[] => {
        if (name === undefined || label !== undefined || commands.has(name) || name.includes("${")) return [];
        const [near] = nearest(name, commands.keys());
        return [
          {
            line: number,
            says: `there is no command ${name}`,
            fix: near === undefined ? "take it out" : `did you mean ${near}?`,
          },
        ];
      }),
    ),
};

const releaseLacks: ScriptRule = {
  id: "script-command-not-in-release",
  severity: "error",
  title: "A command or an option that one of the iPXE releases does not have",
  why: "Debian's builds differ: 1.0.0 has no `poweroff`, `console`, `ping`, `form` or `choose --retimeout`, and none of them has `imgverify`, `params` or `ntp`. A command that is missing fails as one that went wrong.",
  check: (linted) =>
    perCommand(linted, ({ read, guarded }) => {
      const { name, grammar } = read;
      const severity = guarded ? "info" : "error";
      const lacking = linted.releases.filter((release) => !hasSince(grammar.since, release));
      if (grammar.ownBuild) {
        return [
          {
            severity: guarded ? "info" : "warning",
            says: `no iPXE of Debian's has ${name}`,
            fix: "serve a build of your own, and write || behind it for the others",
          },
        ];
      }
      if (lacking.length > 0)
        return [{ severity, says: `${list(lacking)} has no ${name}`, fix: instead(guarded) }];
      return [...read.options.keys()].flatMap((option) => {
        const { since } = grammar.options.find((each) => each.name === option) ?? {};
        const without = linted.releases.filter((release) => !hasSince(since, release));
        if (without.length === 0) return [];
        return [
          { severity, says: `${list(without)} has no ${name} --${option}`, fix: instead(guarded) } as const,
        ];
      });
    }),
};

const list = (all: readonly Release[]) => `iPXE ${all.join(" and ")}`;
const instead = (guarded: boolean) =>
  guarded ? "nothing: what follows || is run there" : "write || behind it, and what to do instead";

const badOption: ScriptRule = {
  id: "script-option-unknown",
  severity: "error",
  title: "An option that the command does not have",
  why: "iPXE prints how the command is used and takes it for failed. Behind the first word that is no option it looks for no more: there `-x` belongs to what is booted.",
  check: (linted) =>
    perCommand(linted, ({ read }) =>
      read.problems.map(({ option, says }) => ({
        says: `${option} ${says}`,
        fix:
          read.grammar.options.length === 0
            ? `${read.name} takes no options: leave it out`
            : `one of ${read.grammar.options.map(({ name }) => `--${name}`).join(", ")}`,
      })),
    ),
};

const badCount: ScriptRule = {
  id: "script-arguments",
  severity: "error",
  title: "Too many words behind a command, or too few",
  why: "iPXE prints how the command is used and takes it for failed: without `||` the script ends there.",
  check: (linted) =>
    perCommand(linted, ({ read: { name, grammar, rest } }) => {
      const { least, most } = grammar;
      if (rest.length >= least && rest.length <= most) return [];
      const wants = least === most ? String(least) : most > 100 ? `at least ${least}` : `${least} to ${most}`;
      return [
        {
          says: `${name} has ${rest.length} words behind it and takes ${wants}`,
          fix: "give it what it takes",
        },
      ];
    }),
};

const unguarded: ScriptRule = {
  id: "script-failure-ends",
  severity: "warning",
  title: "A command that may fail, and nothing that says what happens then",
  why: "A failing command ends the script without a word of why: the machine goes on to its next boot device, or starts over.",
  check: (linted) =>
    perCommand(linted, ({ read: { name, grammar }, guarded }) =>
      grammar.fails && !guarded && !grammar.ownBuild
        ? [{ says: `${name} ends the script when it fails`, fix: `write ${name} ... || goto failed` }]
        : [],
    ),
};

const unguardedCondition: ScriptRule = {
  id: "script-condition-ends",
  severity: "error",
  title: "A condition that ends the script when it does not hold",
  why: "`iseq` and `isset` fail when they do not hold, and a line that fails ends the script: `iseq a b && goto x` needs `||` at its end.",
  check: (linted) =>
    perCommand(linted, ({ read: { name }, guarded }) =>
      (name === "iseq" || name === "isset") && !guarded
        ? [
            {
              says: `the script ends where this ${name} does not hold`,
              fix: "write || at the end of the line",
            },
          ]
        : [],
    ),
};

const times: ScriptRule = {
  id: "script-time-unit",
  severity: "warning",
  title: "A time in the wrong unit",
  why: "`--timeout` counts milliseconds, `sleep` seconds: `prompt --timeout 5` is over before anybody reads it.",
  check: (linted) =>
    perCommand(linted, ({ read: { name, options, rest } }) => {
      const timeout = options.get("timeout") ?? options.get("retimeout") ?? "";
      const [seconds = ""] = name === "sleep" ? rest : [];
      const short = /^[1-9]\d?$/.test(timeout);
      return [
        ...(short
          ? [{ says: `--timeout ${timeout} is ${timeout} ms`, fix: `write ${timeout}000 for seconds` }]
          : []),
        ...(/^\d{4,}$/.test(seconds)
          ? [{ says: `sleep ${seconds} is ${seconds} s`, fix: "sleep takes seconds" }]
          : []),
      ];
    }),
};

const initrdName: ScriptRule = {
  id: "script-initrd-unnamed",
  severity: "warning",
  title: "A kernel that is not told the name of its initrd",
  why: "On UEFI, Linux before 5.7 finds its initrd only by `initrd=NAME` on its command line, and panics without. On BIOS the word does no harm.",
  check: ({ script }) => {
    const all = script.lines.flatMap(({ number, commands: each }) =>
      each.flatMap(({ words }) => ({ number, words })),
    );
    if (!all.some(({ words: [name] }) => name === "initrd")) return [];
    return all.flatMap(({ number, words }): ScriptFinding[] => {
      const tells = words.some((word) => word.startsWith("initrd=") || word.includes("${"));
      if (words[0] !== "kernel" || tells || words.length < 2) return [];
      return [
        {
          line: number,
          says: "this kernel has no initrd=",
          fix: "add initrd= and the name of the initrd's file",
        },
      ];
    });
  },
};

export const commandRules: readonly ScriptRule[] = [
  unknownCommand,
  releaseLacks,
  badOption,
  badCount,
  unguarded,
  unguardedCondition,
  times,
  initrdName,
];
