import { describe, expect, test } from "vitest";
import type { Screen } from "./screen.ts";
import { screenOf, selectedRow, textOf } from "./screen.ts";

/** Rows of ten cells, each with its background. */
function screen(rows: readonly (readonly [string, string])[], cursor?: Screen["cursor"]): Screen {
  return screenOf(
    rows.map(([text, background]) =>
      Array.from(text.padEnd(20), (character) => ({ character, foreground: "7", background })),
    ),
    cursor,
  );
}

describe("what a screen says", () => {
  test("its text has no blanks at the ends of rows, and no empty rows at the end", () =>
    expect(
      textOf(
        screen([
          ["a", "4"],
          ["", "4"],
          ["  b ", "4"],
          ["", "4"],
        ]),
      ),
    ).toBe("a\n\n  b"));

  test.each<[string, Screen, ReturnType<typeof selectedRow>]>([
    [
      "the row of another background",
      screen([
        ["Menu", "4"],
        ["  one", "4"],
        ["  two", "1"],
        ["", "4"],
      ]),
      { row: 2, text: "two" },
    ],
    [
      "the row that counts down, when its colours were lost",
      screen([
        ["Menu", "4"],
        ["  one     (12)", "-1"],
        ["  two", "-1"],
        ["", "4"],
      ]),
      { row: 1, text: "one" },
    ],
    [
      "the row that the cursor stands before, when there is nothing else",
      screen(
        [
          ["Menu", "4"],
          ["  one", "-1"],
          ["  two", "-1"],
          ["", "4"],
        ],
        { row: 2, column: 1 },
      ),
      { row: 2, text: "two" },
    ],
    [
      "none, where somebody types",
      screen(
        [
          ["iPXE> echo", "-1"],
          ["hello", "-1"],
        ],
        { row: 0, column: 10 },
      ),
      undefined,
    ],
    [
      "none, where two rows stick out",
      screen([
        ["a", "4"],
        ["b", "4"],
        ["c", "1"],
        ["d", "2"],
      ]),
      undefined,
    ],
  ])("of a menu, %s is chosen", (_, shown, bar) => expect(selectedRow(shown)).toEqual(bar));
});
