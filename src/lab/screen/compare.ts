import pixelmatch from "pixelmatch";
import type { Picture } from "./picture.ts";
import { bytesOf } from "./picture.ts";
import type { PictureText } from "./read-picture.ts";

/** Part of a picture, in pixels. */
export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface Comparison {
  differentPixels: number;
  /** Both in grey, red where they differ; none where the sizes do. */
  difference?: Picture;
}

/** Holds two pictures against each other, except for what is masked. Pictures of different size differ everywhere. */
export function comparePictures(expected: Picture, actual: Picture, masks: readonly Area[]): Comparison {
  const { width, height } = actual;
  if (expected.width !== width || expected.height !== height) {
    return { differentPixels: Math.max(width * height, expected.width * expected.height) };
  }
  const difference: Picture = { width, height, pixels: new Uint32Array(width * height) };
  const differentPixels = pixelmatch(
    bytesOf(masked(expected, masks)),
    bytesOf(masked(actual, masks)),
    bytesOf(difference),
    width,
    height,
    // Firmware's fonts are not anti-aliased: what looks like it is a difference.
    { includeAA: true },
  );
  return { differentPixels, difference };
}

/** The cells of what may differ: the cursor, which blinks, and all text that one of the patterns describes. */
export function masksOf({ grid, rows, cursor }: PictureText, patterns: readonly RegExp[]): Area[] {
  const cells = (row: number, column: number, count: number): Area => ({
    left: grid.left + column * grid.cellWidth,
    top: grid.top + row * grid.cellHeight,
    width: count * grid.cellWidth,
    height: grid.cellHeight,
  });
  const texts = rows.flatMap((text, row) =>
    patterns
      .flatMap((pattern) => [...text.matchAll(new RegExp(pattern, "g"))])
      .map((match) => cells(row, match.index, match[0].length)),
  );
  return cursor ? [...texts, cells(cursor.row, cursor.column, 1)] : texts;
}

/** What is masked is of one colour, the same in every picture. */
function masked({ width, height, pixels }: Picture, masks: readonly Area[]): Picture {
  const copy = pixels.slice();
  for (const mask of masks) {
    for (let y = mask.top; y < mask.top + mask.height; y++) {
      copy.fill(0xff808080, y * width + mask.left, y * width + mask.left + mask.width);
    }
  }
  return { width, height, pixels: copy };
}
