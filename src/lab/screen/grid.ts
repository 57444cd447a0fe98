import type { Picture } from "./picture.ts";

/** How a picture is divided into character cells. */
export interface Grid {
  left: number;
  top: number;
  columns: number;
  rows: number;
  /** 9 where a column of space follows each character. */
  cellWidth: 8 | 9;
  cellHeight: number;
}

/** The text modes of EDK2's graphics console, columns by rows; it puts them in the middle of the screen. */
const efiModes = [
  [80, 25],
  [80, 50],
  [100, 31],
  [128, 40],
  [160, 42],
  [240, 56],
] as const;

/** Every way in which firmware and loaders are known to put cells of this height on a screen of this size. */
export function gridsFor({ width, height }: Pick<Picture, "width" | "height">, cellHeight: number): Grid[] {
  const fitting = (cellWidth: 8 | 9): Grid => ({
    ...{ left: 0, top: 0, cellWidth, cellHeight },
    columns: Math.floor(width / cellWidth),
    rows: Math.floor(height / cellHeight),
  });
  const centred = (columns: number, rows: number): Grid => ({
    ...{ columns, rows, cellHeight, cellWidth: 8 },
    left: Math.floor((width - columns * 8) / 2),
    top: Math.floor((height - rows * cellHeight) / 2),
  });
  const whole = fitting(8);
  return [
    fitting(9), // VGA's text mode has 720 x 400 pixels for 80 x 25 characters; iPXE's own console spaces likewise
    whole,
    centred(whole.columns, whole.rows),
    ...efiModes.map(([columns, rows]) => centred(columns, rows)),
  ].filter(({ left, top, columns, rows }) => left >= 0 && top >= 0 && columns > 0 && rows > 0);
}
