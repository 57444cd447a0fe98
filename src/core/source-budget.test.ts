import { describe, expect, test } from "vitest";
import { SourceBudget } from "./source-budget.ts";

describe("a budget per source", () => {
  test("is each source's own, is overrun once a second, and begins again", () => {
    let now = 0;
    const budget = new SourceBudget({ perSource: 2, inAll: 100 }, () => now);
    const verdicts = ["a", "a", "a", "a", "b"].map((source) => budget.take(source));
    expect(verdicts).toEqual(["within", "within", "overrun", "over", "within"]);
    now = 1000;
    expect(budget.take("a")).toBe("within");
  });

  test("holds for all sources together, too", () => {
    const budget = new SourceBudget({ perSource: 2, inAll: 3 }, () => 0);
    const verdicts = ["a", "b", "c", "d", "e"].map((source) => budget.take(source));
    expect(verdicts).toEqual(["within", "within", "within", "overrun", "over"]);
  });

  test("is shared by the sources beyond those it tells apart", () => {
    const budget = new SourceBudget({ perSource: 1, inAll: 1000 }, () => 0);
    for (let source = 0; source < 256; source += 1) expect(budget.take(`${source}`)).toBe("within");
    expect(["x", "y", "z", "0"].map((source) => budget.take(source))).toEqual([
      "within",
      "overrun",
      "over",
      "overrun",
    ]);
  });
});
