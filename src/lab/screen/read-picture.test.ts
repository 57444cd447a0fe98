import { describe, expect, test } from "vitest";
import type { Grid } from "./grid.ts";
import { blankPicture, colours, draw, drawCursor, fontOfBits } from "./pictures.fixture.ts";
import { readPicture } from "./read-picture.ts";
import { selectedRow, textOf } from "./screen.ts";

const fonts = [fontOfBits(16).font, fontOfBits(19).font];
const textMode: Grid = { left: 0, top: 0, columns: 80, rows: 25, cellWidth: 9, cellHeight: 16 };

const uefiMode: Grid = { left: 240, top: 105, columns: 100, rows: 31, cellWidth: 8, cellHeight: 19 };

/** Where firmware puts its cells, and on what size of screen. */
const layouts: [string, { width: number; height: number }, Grid][] = [
  ["VGA's text mode, nine pixels a cell", { width: 720, height: 400 }, textMode],
  ["100 x 31 in the middle of UEFI's screen", { width: 1280, height: 800 }, uefiMode],
  [
    "80 x 25 in the middle of an smaller UEFI screen",
    { width: 1024, height: 768 },
    { left: 192, top: 146, columns: 80, rows: 25, cellWidth: 8, cellHeight: 19 },
  ],
  [
    "a whole screen of 8 x 16",
    { width: 1024, height: 768 },
    { left: 0, top: 0, columns: 128, rows: 48, cellWidth: 8, cellHeight: 16 },
  ],
];

describe("reading the picture of a screen", () => {
  test.each(layouts)("every character comes out in %s", (_, { width, height }, grid) => {
    const picture = blankPicture(width, height);
    const all = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index)).join("");
    draw(picture, grid, { row: 3, column: 0, text: all.slice(0, 60) });
    draw(picture, grid, { row: grid.rows - 1, column: 5, text: all.slice(60) });
    const read = readPicture(picture, fonts);
    expect(read?.grid).toEqual(grid);
    expect(read?.rows[3]).toBe(all.slice(0, 60));
    expect(read?.rows.at(-1)).toBe(`     ${all.slice(60)}`);
  });

  test("the bar of a menu is told by its colour", () => {
    const picture = blankPicture(720, 400, colours.blue);
    const on = (background: number) => ({ background });
    draw(picture, textMode, { row: 1, column: 30, text: "A menu" }, on(colours.blue));
    draw(picture, textMode, { row: 4, column: 1, text: "  Rescue".padEnd(78) }, on(colours.blue));
    draw(picture, textMode, { row: 5, column: 1, text: `${"  Shell".padEnd(70)}   (12)` }, on(colours.red));
    const read = readPicture(picture, fonts);
    expect(read && selectedRow(read)).toEqual({ row: 5, text: "Shell" });
  });

  test("a cursor is found on a blank and on a character, and hides neither", () => {
    const picture = blankPicture(720, 400);
    draw(picture, textMode, { row: 0, column: 0, text: "iPXE> echo" });
    drawCursor(picture, textMode, { row: 0, column: 10, rows: [13, 14] });
    expect(readPicture(picture, fonts)).toMatchObject({ cursor: { row: 0, column: 10 } });
    expect(readPicture(picture, fonts)?.rows[0]).toBe("iPXE> echo");
    const onLetter = blankPicture(720, 400);
    draw(onLetter, textMode, { row: 0, column: 0, text: "iPXE> echo" });
    drawCursor(onLetter, textMode, { row: 0, column: 6, rows: [13, 14] });
    expect(readPicture(onLetter, fonts)).toMatchObject({ cursor: { row: 0, column: 6 } });
    expect(readPicture(onLetter, fonts)?.rows[0]).toBe("iPXE> echo");
  });

  test("a pixel that belongs to no character makes its cell unreadable, and no other", () => {
    const picture = blankPicture(720, 400);
    draw(picture, textMode, { row: 2, column: 0, text: "abc" });
    picture.pixels[(2 * 16 + 9) * 720 + 9 + 4] = colours.grey;
    expect(readPicture(picture, fonts)?.rows[2]).toBe("a\uFFFDc");
  });

  test("a third colour in a cell makes it unreadable", () => {
    const picture = blankPicture(720, 400);
    draw(picture, textMode, { row: 2, column: 0, text: "abc" });
    picture.pixels[(2 * 16 + 9) * 720 + 9 + 4] = colours.red;
    expect(readPicture(picture, fonts)?.rows[2]).toBe("a\uFFFDc");
  });

  test("what the screen showed before does not hide that it is divided otherwise now", () => {
    const before = blankPicture(720, 400);
    draw(before, textMode, { row: 0, column: 0, text: "before" });
    const after = blankPicture(1280, 800);
    draw(after, uefiMode, { row: 0, column: 0, text: "after" });
    const read = readPicture(after, fonts, readPicture(before, fonts));
    expect(read?.grid).toEqual(uefiMode);
    expect(read && textOf(read)).toBe("after");
  });

  test("of a picture without text nothing is read", () => {
    const picture = blankPicture(1280, 800);
    for (let at = 0; at < picture.pixels.length; at += 7) picture.pixels[at] = 0xff000000 + at * 31;
    expect(readPicture(picture, fonts)).toBeUndefined();
    expect(readPicture(blankPicture(640, 480), fonts)).toBeUndefined();
  });
});
