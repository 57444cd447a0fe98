/** One character cell, with its colours as `rrggbb` or as the terminal numbers them. */
export interface Cell {
  /** U+FFFD for what no font has. */
  character: string;
  foreground: string;
  background: string;
}

/** What a person sees, whatever shows it: a terminal on the serial line, or the machine's own screen. */
export interface Screen {
  /** Trailing blanks cut. */
  rows: readonly string[];
  cells: readonly (readonly Cell[])[];
  /** Where a cursor stands, if one is to be seen: it blinks. */
  cursor?: { row: number; column: number };
}

export const unreadable = "\uFFFD";

export function screenOf(cells: readonly (readonly Cell[])[], cursor?: Screen["cursor"]): Screen {
  return {
    rows: cells.map((row) =>
      row
        .map(({ character }) => character)
        .join("")
        .trimEnd(),
    ),
    cells,
    ...(cursor ? { cursor } : {}),
  };
}

/** The screen as one text, one line per row. */
export function textOf({ rows }: Screen): string {
  return rows.join("\n").trimEnd();
}

/** A menu's row that is chosen. */
export interface Bar {
  row: number;
  /** What it says, without the seconds that are left. */
  text: string;
}

/**
 * The row of a menu that is chosen: the only one with its background. On the serial line SeaBIOS forgets the colours of a
 * row that iPXE repaints: then it is known by the seconds at its end, or by the cursor, which iPXE leaves at its beginning.
 */
export function selectedRow({ cells, rows, cursor }: Screen): Bar | undefined {
  const backgrounds = cells.map((row) => mostFrequent(row.map(({ background }) => background)));
  const bars = backgrounds.keys().filter((row) => onlyOnce(backgrounds, backgrounds[row] ?? ""));
  const counting = rows.keys().filter((row) => countdown.test(rows[row] ?? ""));
  const pointed = cursor && cursor.column <= 1 && rows[cursor.row] ? cursor.row : undefined;
  const row = theOnly([...bars]) ?? theOnly([...counting]) ?? pointed;
  if (row === undefined) return undefined;
  return { row, text: (rows[row] ?? "").replace(countdown, "").trim() };
}

const countdown = /\s{2,}\(\d+\)$/;

function onlyOnce(values: readonly string[], value: string): boolean {
  return values.indexOf(value) === values.lastIndexOf(value);
}

function theOnly<T>(values: readonly T[]): T | undefined {
  return values.length === 1 ? values[0] : undefined;
}

function mostFrequent(values: readonly string[]): string {
  const counts = Map.groupBy(values, (value) => value);
  const [first = ""] = [...counts].sort(([, a], [, b]) => b.length - a.length).map(([value]) => value);
  return first;
}
