import { expect, test } from "vitest";
import { PacketBudget } from "./packet-budget.ts";

test("a flood is cut off every second, and reported once", () => {
  let now = 0;
  const budget = new PacketBudget(2, () => now);
  const take = () => [budget.take(), budget.take(), budget.take(), budget.take()];
  expect(take()).toEqual(["look", "look", "overrun", "drop"]);
  now = 999;
  expect(budget.take()).toBe("drop");
  now = 1000;
  expect(take()).toEqual(["look", "look", "overrun", "drop"]);
  now = 5; // somebody set the clock back
  expect(budget.take()).toBe("look");
});
