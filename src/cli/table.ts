import { stripVTControlCharacters } from "node:util";

export interface TableOptions {
  /** Put before every line. */
  readonly indent?: string;
  /** Columns (counted from 0) whose cells stand at the right: numbers. */
  readonly right?: readonly number[];
  /** The last column's words flow on within this many columns of screen. */
  readonly width?: number;
}

const gap = "  ";
/** Below this a flowing column is harder to read than a long line. */
const narrowest = 24;

/** Lines of cells under one another. Cells may be styled: only what is seen counts. */
export function table(rows: readonly (readonly string[])[], options: TableOptions = {}): string[] {
  const { indent = "", right = [], width } = options;
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => seen(row[column] ?? ""))),
  );
  const before = indent.length + widths.slice(0, -1).reduce((sum, each) => sum + each + gap.length, 0);
  return rows.flatMap((row) => {
    const cells = row.map((cell, column) => pad(cell, widths[column] ?? 0, right.includes(column)));
    const last = row.length === count ? (row[count - 1] ?? "") : "";
    if (width === undefined || seen(last) <= width - before) return [`${indent}${cells.join(gap)}`.trimEnd()];
    const [first = "", ...more] = flow(last, Math.max(narrowest, width - before));
    const start = `${indent}${[...cells.slice(0, -1), first].join(gap)}`;
    return [start, ...more.map((line) => `${" ".repeat(before)}${line}`)];
  });
}

/** Breaks text at spaces into lines of at most `width` columns; a longer word keeps its line to itself. */
export function flow(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && seen(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

function pad(cell: string, width: number, right: boolean): string {
  const blanks = " ".repeat(Math.max(0, width - seen(cell)));
  return right ? blanks + cell : cell + blanks;
}

function seen(text: string): number {
  return stripVTControlCharacters(text).length;
}
