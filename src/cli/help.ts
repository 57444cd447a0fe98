import { styleText } from "node:util";
import type { Positional } from "./command.ts";
import type { Flag, FlagSchema } from "./flags.ts";
import { flagsOf } from "./flags.ts";
import { table } from "./table.ts";

/** Help does not follow the window: the same text everywhere can be quoted and diffed. */
const helpColumns = 100;

/** `dryboot boot --help`. */
export function commandUsage(spec: {
  readonly name: string;
  readonly summary: string;
  readonly details?: string;
  readonly positionals: readonly Positional[];
  readonly flags: FlagSchema;
}): string {
  const words = spec.positionals.map(({ name, optional, many }) => {
    const word = `${name.toUpperCase()}${many ? "..." : ""}`;
    return optional ? `[${word}]` : word;
  });
  const sections = [
    [spec.summary],
    [`${heading("Usage:")} ${["dryboot", spec.name, ...words, "[flags]"].join(" ")}`],
    section(
      "Arguments:",
      spec.positionals.map(({ name, describe }) => [name.toUpperCase(), describe]),
    ),
    section("Flags:", [...flagsOf(spec.flags).map(flagRow), ["-h, --help", "Show this text"]]),
    spec.details === undefined ? [] : [spec.details],
  ];
  return joinSections(sections);
}

/** `dryboot --help`. */
export function programUsage(
  commands: readonly { readonly name: string; readonly summary: string }[],
): string {
  return joinSections([
    ["dryboot: a complete network boot stack, and a lab that boots it in virtual machines first"],
    [`${heading("Usage:")} dryboot COMMAND [flags]`],
    section(
      "Commands:",
      commands.map(({ name, summary }) => [name, summary]),
    ),
    [
      "`dryboot COMMAND --help` says more about one of them; `dryboot --version` names this version.",
      "Exit codes: 0 done, 1 failed, 2 asked for wrongly or something is missing, 130 interrupted.",
    ],
  ]);
}

function flagRow(flag: Flag): string[] {
  const shown =
    flag.kind === "boolean" && flag.defaultValue === true ? `--no-${flag.name}` : `--${flag.name}`;
  const value = flag.placeholder && ` ${flag.placeholder}`;
  const notes = [
    ...(flag.required ? ["required"] : []),
    ...(flag.repeatable ? ["may be repeated"] : []),
    ...(worthShowing(flag.defaultValue) ? [`default: ${String(flag.defaultValue)}`] : []),
  ];
  const description = [flag.description, ...(notes.length > 0 ? [`(${notes.join(", ")})`] : [])].join(" ");
  const letter = flag.short === undefined ? "" : `-${flag.short}, `;
  return [`${letter}${shown}${value}`, description.trim()];
}

/** A default that tells something: not `false`, not "nothing". */
function worthShowing(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && value !== "") || isFilledList(value);
}

function isFilledList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  return [heading(title), ...table(rows, { indent: "  ", width: helpColumns })];
}

function heading(text: string): string {
  return styleText("bold", text);
}

function joinSections(sections: readonly (readonly string[])[]): string {
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}
