import { describe, expect, test } from "vitest";
import { nearest, suggest } from "./nearest.ts";

const commands = ["setup", "doctor", "boot", "up", "serve", "explain", "lint", "image", "test"];

describe("names near to a mistyped one", () => {
  test.each([
    ["boto", ["boot"]],
    ["Boot", ["boot"]],
    ["expl", ["explain"]],
    ["dcotor", ["doctor"]],
    ["completely-else", []],
  ])("%s: %j", (typed, expected) => expect(nearest(typed, commands)).toEqual(expected));

  test("a slip of two letters is nearer than two other letters", () => {
    expect(nearest("nmae", ["image", "mac", "MAC", "name"])).toEqual(["name"]);
  });

  test("are at most three, the nearest first", () => {
    expect(nearest("aaaa", ["aabb", "aaab", "aaaa1", "aaba", "zzzz"])).toEqual(["aaaa1", "aaab", "aaba"]);
  });

  test("become a question, or a list when nothing is near", () => {
    expect(suggest("boto", commands)).toBe("did you mean `boot`?");
    expect(suggest("zzzzzzzz", ["a", "b"])).toBe("there is `a`, `b`");
    expect(suggest("x", [])).toBe("there is none to choose from");
  });
});
