import { describe, expect, test } from "vitest";
import { refreshed } from "./refreshed.ts";

describe("what is refreshed", () => {
  test("is built once in a moment", () => {
    let now = 0;
    let built = 0;
    const look = refreshed(
      () => ++built,
      () => now,
    );
    expect([look(), look()]).toEqual([1, 1]);
    now = 50;
    expect(look()).toBe(2);
  });

  test("is used the longer, the longer it takes to build", () => {
    let now = 0;
    let built = 0;
    const look = refreshed(
      () => {
        now += 100;
        return ++built;
      },
      () => now,
    );
    look();
    now = 1999;
    expect(look()).toBe(1);
    now = 2000;
    expect(look()).toBe(2);
  });
});
