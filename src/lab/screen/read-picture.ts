import type { Font } from "./font.ts";
import type { Grid } from "./grid.ts";
import { gridsFor } from "./grid.ts";
import type { Picture } from "./picture.ts";
import { colourOf } from "./picture.ts";
import type { Cell, Screen } from "./screen.ts";
import { screenOf, unreadable } from "./screen.ts";

export interface PictureText extends Screen {
  grid: Grid;
}

/**
 * Reads a picture of a screen: every cell whose picture is exactly that of a character in one of the fonts. Undefined when
 * nothing at all can be read. Of all ways to divide the picture, the one that reads most is right: one pixel off reads next
 * to nothing. `before` is what the same screen showed before: mostly, it is still divided the same way.
 */
export function readPicture(
  picture: Picture,
  fonts: readonly Font[],
  before?: PictureText,
): PictureText | undefined {
  if (before && before.grid.top + before.grid.rows * before.grid.cellHeight <= picture.height) {
    const [font] = fonts.filter(({ height }) => height === before.grid.cellHeight);
    const again = font && readCells(picture, before.grid, font);
    if (again && again.read > unreadShare * again.unread.length) return asText(again);
  }
  const best = fonts
    .flatMap((font) => gridsFor(picture, font.height).map((grid) => readCells(picture, grid, font)))
    .reduce<Reading | undefined>(
      (best, reading) => (best === undefined || score(reading) > score(best) ? reading : best),
      undefined,
    );
  return best === undefined || best.read === 0 ? undefined : asText(best);
}

/** A division that was right stays right while it reads this many times more than it does not. */
const unreadShare = 4;

function score({ read, unread }: Reading): number {
  return read - unread.length;
}

function asText({ grid, font, cells, unread }: Reading): PictureText {
  const cursor = findCursor(unread, cells, font);
  if (cursor) cells[cursor.row]?.splice(cursor.column, 1, cursor.cell);
  const at = cursor && { row: cursor.row, column: cursor.column };
  return { ...screenOf(cells, at), grid };
}

interface Reading {
  grid: Grid;
  font: Font;
  cells: Cell[][];
  /** Cells that hold a character. */
  read: number;
  unread: Unread[];
}

/** A cell of two colours that is no character. */
interface Unread {
  row: number;
  column: number;
  bits: string;
}

function readCells(picture: Picture, grid: Grid, font: Font): Reading {
  const reading: Reading = { grid, font, cells: [], read: 0, unread: [] };
  for (let row = 0; row < grid.rows; row++) {
    const cells: Cell[] = [];
    for (let column = 0; column < grid.columns; column++) {
      const seen = lookAt(picture, grid, row, column);
      const cell = readCell(seen, font);
      if (cell.character === unreadable) reading.unread.push({ row, column, bits: seen.bits ?? "" });
      else if (seen.foreground !== seen.background) reading.read += 1;
      cells.push(cell);
    }
    reading.cells.push(cells);
  }
  return reading;
}

/** A cell as bits, set where it is not of the colour of its upper left corner; no bits when they are no picture of a font. */
interface Seen {
  foreground: number;
  background: number;
  bits?: string;
  /** Some of it goes on into the ninth column. */
  goesOn: boolean;
}

function readCell(seen: Seen, font: Font): Cell {
  const foreground = colourOf(seen.foreground);
  const background = colourOf(seen.background);
  if (seen.foreground === seen.background) return { character: " ", foreground, background };
  if (seen.bits === undefined) return { character: unreadable, foreground, background };
  const character = font.characters.get(seen.bits);
  if (character !== undefined && (!seen.goesOn || isDrawing(character))) {
    return { character, foreground, background };
  }
  // Its corner may be of the character's colour.
  const inverted = font.characters.get(invert(seen.bits));
  if (inverted !== undefined) {
    return { character: inverted, foreground: background, background: foreground };
  }
  return { character: unreadable, foreground, background };
}

/** Lines and blocks, which VGA's text mode draws on into the ninth column: they are to touch. */
function isDrawing(character: string): boolean {
  return character >= "\u2500" && character <= "\u259F";
}

function lookAt(picture: Picture, grid: Grid, row: number, column: number): Seen {
  const { left, top, cellWidth, cellHeight } = grid;
  const corner = (top + row * cellHeight) * picture.width + left + column * cellWidth;
  const background = picture.pixels[corner] ?? 0;
  const foreground = anotherColour(picture, grid, corner, background);
  const seen = { foreground, background, goesOn: false };
  if (foreground === background) return seen;
  let bits = "";
  for (let y = 0; y < cellHeight; y++) {
    const line = lineOf(picture, corner + y * picture.width, cellWidth, seen);
    if (line === undefined) return seen;
    if (cellWidth === 9 && (line & 1) === 1) seen.goesOn = true;
    bits += String.fromCharCode(cellWidth === 9 ? line >> 1 : line);
  }
  return { ...seen, bits };
}

function anotherColour(
  { width, pixels }: Picture,
  { cellWidth, cellHeight }: Grid,
  corner: number,
  background: number,
): number {
  for (let y = 0; y < cellHeight; y++) {
    for (let at = corner + y * width; at < corner + y * width + cellWidth; at++) {
      if (pixels[at] !== background) return pixels[at] ?? 0;
    }
  }
  return background;
}

/** One row of pixels as bits; undefined with a third colour, or with a ninth pixel that does not go on the eighth. */
function lineOf(
  { pixels }: Picture,
  begin: number,
  cellWidth: 8 | 9,
  { foreground, background }: Seen,
): number | undefined {
  let line = 0;
  for (let at = begin; at < begin + cellWidth; at++) {
    const pixel = pixels[at];
    if (pixel !== background && pixel !== foreground) return undefined;
    line = (line << 1) | Number(pixel === foreground);
  }
  return cellWidth === 9 && (line & 0b11) === 0b01 ? undefined : line;
}

function invert(bits: string): string {
  return Array.from(bits, (line) => String.fromCharCode(~line.charCodeAt(0) & 0xff)).join("");
}

/** A cursor is a few rows right across the lower half of its cell, in the colours of the text. The one cell like that has it. */
function findCursor(
  unread: readonly Unread[],
  cells: readonly (readonly Cell[])[],
  font: Font,
): { row: number; column: number; cell: Cell } | undefined {
  const colours = new Set(cells.flat().flatMap((cell) => (isText(cell) ? [coloursOf(cell)] : [])));
  const found = unread.flatMap(({ row, column, bits }) => {
    const cell = cells[row]?.[column];
    if (cell === undefined || !colours.has(coloursOf(cell))) return [];
    const character = withoutCursor(bits, font);
    return character === undefined ? [] : [{ row, column, cell: { ...cell, character } }];
  });
  return found.length === 1 ? found[0] : undefined;
}

function isText({ character }: Cell): boolean {
  return character !== " " && character !== unreadable;
}

function coloursOf({ foreground, background }: Cell): string {
  return `${foreground} on ${background}`;
}

/** At most this many rows of pixels make a cursor: 2 on a BIOS, 3 under UEFI. */
const cursorRows = 3;

function withoutCursor(bits: string, font: Font): string | undefined {
  let best: { character: string; differs: number } | undefined;
  for (const [picture, character] of font.characters) {
    const differs = rowsOfCursor(bits, picture);
    if (differs !== undefined && differs < (best?.differs ?? Infinity)) best = { character, differs };
  }
  return best?.character;
}

/** How many rows of a cell are a cursor's, drawn over this picture or inverting it; undefined when none is, or others differ. */
function rowsOfCursor(bits: string, picture: string): number | undefined {
  if (bits.length !== picture.length) return undefined;
  let rows = 0;
  for (let y = 0; y < bits.length; y++) {
    const line = bits.charCodeAt(y);
    const drawn = picture.charCodeAt(y);
    if (line === drawn) continue;
    if (y < bits.length / 2 || (line !== 0xff && line !== (~drawn & 0xff))) return undefined;
    rows += 1;
    if (rows > cursorRows) return undefined;
  }
  return rows === 0 ? undefined : rows; // alike up to the ninth column: an underscore beside a cursor
}
