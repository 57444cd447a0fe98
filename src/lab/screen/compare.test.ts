import { describe, expect, test } from "vitest";
import { comparePictures, masksOf } from "./compare.ts";
import type { Grid } from "./grid.ts";
import type { Picture } from "./picture.ts";
import { decodePicture, decodePpm, encodePicture } from "./picture.ts";
import { blankPicture, colours, draw, drawCursor, fontOfBits } from "./pictures.fixture.ts";
import { readPicture } from "./read-picture.ts";

const grid: Grid = { left: 0, top: 0, columns: 80, rows: 25, cellWidth: 9, cellHeight: 16 };
const { font } = fontOfBits(16);

function screen(text: string, change: (picture: Picture) => void = () => {}): Picture {
  const picture = blankPicture(720, 400);
  draw(picture, grid, { row: 4, column: 2, text });
  change(picture);
  return picture;
}

/** As a scenario compares: what may differ is masked wherever either of the two has it. */
function compare(expected: Picture, actual: Picture, mayDiffer: readonly RegExp[] = []) {
  const texts = [expected, actual].map((picture) => readPicture(picture, [font]));
  const masks = texts.flatMap((text) => (text ? masksOf(text, mayDiffer) : []));
  return comparePictures(expected, actual, masks);
}

describe("comparing a screen with its reference", () => {
  test("the same is the same", () =>
    expect(compare(screen("Boot menu"), screen("Boot menu")).differentPixels).toBe(0));

  test("another letter differs, and the difference shows it in red where it is", () => {
    const { differentPixels, difference } = compare(screen("Boot menu"), screen("Boot menU"));
    const red = [...(difference?.pixels.entries() ?? [])].filter(([, pixel]) => pixel === 0xff0000ff);
    expect(differentPixels).toBeGreaterThan(0);
    expect(red).toHaveLength(differentPixels);
    for (const [at] of red) {
      expect(Math.floor((at % 720) / 9)).toBe(10);
      expect(Math.floor(at / 720 / 16)).toBe(4);
    }
  });

  test("one pixel of a letter's edge differs: no smoothing is assumed", () => {
    const onePixel = screen("Boot menu", ({ pixels }) =>
      pixels.fill(colours.grey, 70 * 720 + 21, 70 * 720 + 22),
    );
    expect(compare(screen("Boot menu"), onePixel).differentPixels).toBe(1);
  });

  test("another colour behind the same text differs", () => {
    const red = blankPicture(720, 400);
    draw(red, grid, { row: 4, column: 2, text: "Boot menu" }, { background: colours.red });
    expect(compare(screen("Boot menu"), red).differentPixels).toBeGreaterThan(500);
  });

  test("a cursor that blinks does not differ, on either of the two", () => {
    const cursor = (picture: Picture) => drawCursor(picture, grid, { row: 4, column: 11, rows: [13, 14] });
    expect(compare(screen("Boot menu"), screen("Boot menu", cursor)).differentPixels).toBe(0);
    expect(compare(screen("Boot menu", cursor), screen("Boot menu")).differentPixels).toBe(0);
  });

  test("what may differ does not: seconds that are counted down, also to fewer digits", () => {
    expect(compare(screen("Boot (10)"), screen("Boot  (9)"), [/\s\(\d+\)/]).differentPixels).toBe(0);
    expect(compare(screen("Boot (10)"), screen("Boot  (9)")).differentPixels).toBeGreaterThan(0);
    expect(compare(screen("Boot (10)"), screen("Root  (9)"), [/\s\(\d+\)/]).differentPixels).toBeGreaterThan(
      0,
    );
  });

  test("another size is a difference without a picture, and no crash", () =>
    expect(comparePictures(blankPicture(720, 400), blankPicture(1280, 800), [])).toEqual({
      differentPixels: 1280 * 800,
    }));

  test("QEMU's own format is read, and one that is cut off is refused", () => {
    const ppm = Buffer.concat([Buffer.from("P6\n2 1\n255\n"), Buffer.from("a8000000a800", "hex")]);
    expect(decodePpm(ppm)).toEqual({ width: 2, height: 1, pixels: Uint32Array.of(0xff0000a8, 0xff00a800) });
    expect(() => decodePpm(ppm.subarray(0, -1))).toThrow(/not whole/);
  });

  test("a picture is the same after it was written and read", () => {
    const picture = screen("Boot menu");
    expect(decodePicture(encodePicture(picture))).toEqual(picture);
  });
});
