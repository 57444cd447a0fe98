import { expect, test } from "vitest";
import { joinCommandLines } from "./command-line.ts";

test.each([
  ["later words come last, where the kernel lets them win", [["a", "b"], ["c"]], ["a", "b", "c"]],
  [
    "what is added goes before the installed system's words",
    [["a", "---", "quiet"], ["c"]],
    ["a", "c", "---", "quiet"],
  ],
  [
    "two dividers become one",
    [
      ["a", "---", "q"],
      ["b", "---", "r"],
    ],
    ["a", "b", "---", "q", "r"],
  ],
  ["a divider with nothing behind it stays", [["a", "---"], []], ["a", "---"]],
])("%s", (_, lines, joined) => expect(joinCommandLines(...lines)).toEqual(joined));
