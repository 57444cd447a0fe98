import { styleText } from "node:util";
import { printable } from "../core/printable.ts";
import { formatSize } from "../core/units.ts";
import type { StateChange } from "../images/state/diff-states.ts";
import type { History, Version } from "../images/state/history.ts";
import { currentOf } from "../images/state/history.ts";
import { table } from "./table.ts";

/** The screen of `dryboot state list`. */
export function machineRows(all: readonly { name: string; history: History }[]): string[] {
  const some = all.filter(({ history }) => history.versions.length > 0);
  if (some.length === 0) return ["no machine handed in its state yet: docs/state.md says how one does"];
  const rows = some.map(({ name, history }) => {
    const newest = history.versions.at(-1);
    const size = history.versions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return [
      name,
      `${history.versions.length}`,
      formatSize(size),
      newest ? timeOf(newest) : "-",
      handed(history),
    ];
  });
  return table([["MACHINE", "VERSIONS", "SIZE", "NEWEST", "HANDED OUT"], ...rows], { right: [1, 2] });
}

/** The screen of `dryboot state list MACHINE`, the newest first. */
export function versionRows(history: History): string[] {
  const current = currentOf(history);
  const rows = history.versions.toReversed().map((version) => {
    const { number, sizeBytes, entries, sha256, from } = version;
    const mark = version === current ? styleText("green", handed(history)) : "";
    return [
      ...[`${number}`, timeOf(version), formatSize(sizeBytes), `${entries}`, sha256.slice(0, 12)],
      ...[printable(from, 60), mark],
    ];
  });
  const head = ["VERSION", "TIME", "SIZE", "ENTRIES", "DIGEST", "FROM", "HANDED OUT"];
  return table([head, ...rows], { right: [0, 2, 3] });
}

function handed(history: History): string {
  const current = currentOf(history);
  if (!current) return "-";
  return `version ${current.number}${history.chosen === undefined ? "" : ", as chosen"}`;
}

/** The screen of `dryboot state diff`. */
export function diffLines(
  machine: string,
  { before, after, changes }: { before: Version; after: Version; changes: readonly StateChange[] },
): string[] {
  const head = `${machine}: from version ${before.number} (${timeOf(before)}) to ${after.number} (${timeOf(after)})`;
  if (changes.length === 0) return [head, "nothing changed but times"];
  const signs = { added: "+", removed: "-", changed: "~" };
  return [
    head,
    ...changes.flatMap(({ path, how, says, lines = [] }) => [
      `${signs[how]} ${styleText("bold", printable(path, 255))}  ${printable(says.join(", "))}`,
      ...lines.map(({ sign, line }) =>
        styleText(sign === "+" ? "green" : "red", `    ${sign}${printable(line)}`),
      ),
    ]),
  ];
}

const timeOf = ({ at }: Version) => at.replace(/\.\d+Z$/, "Z").replace("T", " ");
