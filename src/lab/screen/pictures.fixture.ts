import type { Font } from "./font.ts";
import type { Grid } from "./grid.ts";
import type { Picture } from "./picture.ts";

/** Pictures of no font of anybody's: each character is its code in binary, in two rows, and a frame line below. */
export function fontOfBits(height: number): { font: Font; rowsOf(character: string): number[] } {
  const rowsOf = (character: string) => {
    const code = character.charCodeAt(0) - 0x20;
    return Array.from({ length: height }, (_, y) =>
      code === 0 ? 0 : y === 2 ? code : y === 4 ? 0b0111_0000 : 0,
    );
  };
  const all = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index));
  const characters = new Map(
    all.map((character) => [String.fromCharCode(...rowsOf(character)), character] as const),
  );
  return { font: { height, characters }, rowsOf };
}

export const colours = { grey: 0xffa8a8a8, black: 0xff000000, red: 0xff0000a8, blue: 0xffa80000 } as const;

export function blankPicture(width: number, height: number, colour: number = colours.black): Picture {
  return { width, height, pixels: new Uint32Array(width * height).fill(colour) };
}

/** Draws a text into the cells of a grid. */
export function draw(
  picture: Picture,
  grid: Grid,
  { row, column, text }: { row: number; column: number; text: string },
  ink: { foreground?: number; background?: number } = {},
): void {
  const { rowsOf } = fontOfBits(grid.cellHeight);
  const { foreground = colours.grey, background = colours.black } = ink;
  for (const [index, character] of [...text].entries()) {
    const drawn = rowsOf(character);
    for (let y = 0; y < grid.cellHeight; y++) {
      const begin =
        (grid.top + row * grid.cellHeight + y) * picture.width +
        grid.left +
        (column + index) * grid.cellWidth;
      for (let x = 0; x < grid.cellWidth; x++) {
        const isSet = x < 8 && (((drawn[y] ?? 0) >> (7 - x)) & 1) === 1;
        picture.pixels[begin + x] = isSet ? foreground : background;
      }
    }
  }
}

/** Draws a cursor: its rows right across the cell. */
export function drawCursor(
  picture: Picture,
  grid: Grid,
  { row, column, rows }: { row: number; column: number; rows: readonly number[] },
): void {
  for (const y of rows) {
    const begin =
      (grid.top + row * grid.cellHeight + y) * picture.width + grid.left + column * grid.cellWidth;
    picture.pixels.fill(colours.grey, begin, begin + grid.cellWidth);
  }
}
